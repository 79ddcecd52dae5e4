-- A new row of order_changes is the change, whoever writes it. Orders first, then wallets, levels,
-- the rest; all rows of a statement for one order are one change with one settlement.
create or replace function trg_order_changes_apply()
returns trigger
language plpgsql
as $$
declare
  v_order record;
  v_change order_changes;
  v_status text;
begin
  for v_order in
    select tenant_id, order_id, min(order_change_id) as first_id,
      coalesce(array_agg(variant_id) filter (where variant_id is not null), '{}') as variant_ids,
      coalesce(array_agg(order_item_id) filter (where order_item_id is not null), '{}')
        as line_ids,
      bool_or(action <> 'cancel_units') as grows
    from new_rows
    group by tenant_id, order_id
    order by tenant_id, order_id
  loop
    v_status := lock_order(v_order.tenant_id, v_order.order_id);
    if v_status not in ('pending', 'on_hold', 'confirmed', 'processing', 'picking', 'packed')
      and (v_order.grows or v_status <> 'partially_shipped')
    then
      perform refuse_transition('order', v_status, v_status,
        format('the lines of an order that is %s do not change any more', v_status));
    end if;
    -- What is taken back may be paid from a wallet, and wallets come before levels.
    perform lock_wallets(v_order.tenant_id, array[v_order.order_id]);
    perform lock_order_levels(v_order.tenant_id, v_order.order_id, v_order.variant_ids);
    perform withdraw_fulfillments(
      v_order.tenant_id, v_order.order_id, v_order.line_ids);
    for v_change in
      select *
      from new_rows
      where tenant_id = v_order.tenant_id
        and order_id = v_order.order_id
      order by order_change_id
    loop
      perform change_lines(v_change);
    end loop;
    perform settle_change(
      v_order.tenant_id, v_order.order_id, 'change:' || v_order.first_id);
  end loop;
  return null;
end
$$;

comment on function trg_order_changes_apply() is
  'Applies changes of placed orders'' lines: stock, sums, fulfilments, refunds. P0STT, P0VAL.';

create or replace trigger trg_order_changes_apply
after insert on order_changes
referencing new table as new_rows
for each statement execute function trg_order_changes_apply();

create or replace trigger trg_order_changes_append_only
before update or delete or truncate on order_changes
for each statement execute function trg_refuse_change();
