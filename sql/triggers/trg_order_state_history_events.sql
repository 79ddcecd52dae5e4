-- Every change of a state is an event of the shop. What begins pending was placed (an order) or
-- created (anything else); all other states name their events themselves.
create or replace function trg_order_state_history_events()
returns trigger
language plpgsql
as $$
begin
  insert into shop_events (tenant_id, kind, order_id, subject_id, data)
  select
    n.tenant_id,
    case n.axis when 'fulfillment' then 'fulfilment' else n.axis end || '.' || case
      when n.from_status is null and n.to_status = 'pending'
        then case n.axis when 'order' then 'placed' else 'created' end
      else n.to_status
    end,
    n.order_id,
    coalesce(n.fulfillment_id, n.shipment_id, n.return_id),
    jsonb_build_object('from', n.from_status, 'to', n.to_status)
  from new_rows as n
  order by n.history_id;
  return null;
end
$$;

comment on function trg_order_state_history_events() is
  'Writes the events of orders, payments, fulfilments, shipments and returns to shop_events.';

create or replace trigger trg_order_state_history_events
after insert on order_state_history
referencing new table as new_rows
for each statement execute function trg_order_state_history_events();
