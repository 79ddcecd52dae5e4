-- A parcel that something is wrong with (damaged or held, lost, back at its sender) gets a ticket;
-- when it arrives after all, the ticket is resolved. Customers hear of most by
-- trg_shipments_notify, of a return here.
create or replace function trg_shipments_trouble()
returns trigger
language plpgsql
as $$
declare
  v_shipment record;
begin
  for v_shipment in
    select n.tenant_id, n.order_id, n.shipment_id, n.status, n.carrier_code, n.tracking_number,
      o.status as was
    from new_rows as n
    join old_rows as o using (tenant_id, shipment_id)
    where n.status <> o.status
      and (n.status in ('exception', 'returned', 'expired', 'delivered'))
    order by n.tenant_id, n.order_id, n.shipment_id
  loop
    if v_shipment.status = 'delivered' then
      perform resolve_ticket(
        'shipment:' || v_shipment.shipment_id, 'system', 'delivered', v_shipment.tenant_id);
      continue;
    end if;
    if v_shipment.status = 'returned' then
      perform notify_orders(v_shipment.tenant_id, array[v_shipment.order_id], 'order_delayed',
        'shipment:' || v_shipment.shipment_id || ':returned');
    end if;
    perform open_ticket(
      'delivery',
      case v_shipment.status when 'exception' then 'medium' else 'high' end,
      'shipment:' || v_shipment.shipment_id,
      format('%s parcel %s is %s', v_shipment.carrier_code, v_shipment.tracking_number,
        case v_shipment.status
          when 'expired' then 'lost: no news for 30 days'
          when 'returned' then 'back at its sender'
          else 'in trouble'
        end),
      jsonb_build_object('shipment_id', v_shipment.shipment_id, 'status', v_shipment.status,
        'was', v_shipment.was),
      v_shipment.order_id,
      v_shipment.tenant_id);
  end loop;
  return null;
end
$$;

comment on function trg_shipments_trouble() is
  'Exceptions, losses and returns of parcels become tickets and notices.';

create or replace trigger trg_shipments_4_trouble
after update on shipments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_shipments_trouble();
