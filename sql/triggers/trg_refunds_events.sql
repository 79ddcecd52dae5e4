-- Refunds that are asked for, settled or refused are events of the shop.
create or replace function trg_refunds_events()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into shop_events (tenant_id, kind, order_id, subject_id, data)
    select
      n.tenant_id,
      case n.status when 'pending' then 'refund.requested' else 'refund.settled' end,
      n.order_id,
      n.refund_id,
      jsonb_build_object('amount', n.amount, 'currency', n.currency)
    from new_rows as n
    order by n.refund_id;
    return null;
  end if;
  insert into shop_events (tenant_id, kind, order_id, subject_id, data)
  select
    n.tenant_id,
    case n.status when 'succeeded' then 'refund.settled' else 'refund.failed' end,
    n.order_id,
    n.refund_id,
    jsonb_build_object('amount', n.amount, 'currency', n.currency)
  from new_rows as n
  join old_rows as o using (tenant_id, refund_id)
  where n.status <> o.status
  order by n.refund_id;
  return null;
end
$$;

comment on function trg_refunds_events() is 'Writes the events of refunds to shop_events.';

create or replace trigger trg_refunds_events_insert
after insert on refunds
referencing new table as new_rows
for each statement execute function trg_refunds_events();

create or replace trigger trg_refunds_events_update
after update on refunds
referencing old table as old_rows new table as new_rows
for each statement execute function trg_refunds_events();
