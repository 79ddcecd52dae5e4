-- One history row per change of state on the order and payment axes, whoever makes it, with how
-- long the last state held. That is read off the old row; only an order that has not moved since
-- before its table knew looks its last change up.
create or replace function trg_orders_history()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into order_state_history (
      tenant_id, order_id, axis, from_status, to_status, changed_by, reason)
    select tenant_id, order_id, 'order', null, order_status, current_actor(), current_reason()
    from new_rows
    order by order_id;
    return null;
  end if;
  insert into order_state_history (
    tenant_id, order_id, axis, from_status, to_status, changed_by, reason, held_ms)
  select n.tenant_id, n.order_id, c.axis, c.from_status, c.to_status, current_actor(),
    current_reason(),
    elapsed_ms(coalesce(
      c.since,
      (
        select h.created_at
        from order_state_history as h
        where h.tenant_id = n.tenant_id
          and h.order_id = n.order_id
          and h.axis = c.axis
        order by h.history_id desc
        limit 1
      ),
      o.placed_at))
  from new_rows as n
  join old_rows as o using (tenant_id, order_id)
  cross join lateral (values
    ('payment', o.payment_status, n.payment_status, o.payment_status_since),
    ('order', o.order_status, n.order_status, o.order_status_since)
  ) as c (axis, from_status, to_status, since)
  where c.from_status <> c.to_status
  order by n.order_id;
  return null;
end
$$;

comment on function trg_orders_history() is 'Writes order_state_history for orders.';

create or replace trigger trg_orders_1_history_insert
after insert on orders
referencing new table as new_rows
for each statement execute function trg_orders_history();

-- The digits set the order in which PostgreSQL fires them: history first, then its effects.
create or replace trigger trg_orders_1_history_update
after update on orders
referencing old table as old_rows new table as new_rows
for each statement execute function trg_orders_history();
