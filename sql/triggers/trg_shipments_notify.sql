-- Customers hear where their parcels are: on their way with a link to follow them, out for
-- delivery, or not as planned. That all of an order arrived is told by trg_orders_effects.
create or replace function trg_shipments_notify()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      t.tenant_id,
      t.kind,
      array_agg(t.order_id order by t.order_id, t.shipment_id) as order_ids,
      array_agg(t.event order by t.order_id, t.shipment_id) as events,
      array_agg(t.details order by t.order_id, t.shipment_id) as details
    from (
      select
        n.tenant_id,
        n.order_id,
        n.shipment_id,
        k.kind,
        'shipment:' || n.shipment_id
          || case k.kind when 'order_delayed' then ':' || n.status else '' end as event,
        jsonb_strip_nulls(jsonb_build_object(
          'carrier', n.carrier_code,
          'tracking_number', n.tracking_number,
          'tracking_url', n.tracking_url,
          'estimated_delivery_at', n.estimated_delivery_at,
          'shipment_status', n.status)) as details
      from new_rows as n
      join old_rows as o using (tenant_id, shipment_id)
      cross join lateral (
        select case
          when n.status = 'out_for_delivery' then 'order_out_for_delivery'
          when n.status in ('exception', 'attempt_failed', 'expired') then 'order_delayed'
          when n.status = 'in_transit' and o.shipped_at is null then 'order_shipped'
        end as kind
      ) as k
      where n.status <> o.status
        and k.kind is not null
    ) as t
    group by t.tenant_id, t.kind
    order by t.tenant_id, t.kind
  loop
    perform notify_customers(
      v_group.tenant_id, v_group.kind, v_group.order_ids, v_group.events, v_group.details);
  end loop;
  return null;
end
$$;

comment on function trg_shipments_notify() is 'Tells customers where their parcels are.';

create or replace trigger trg_shipments_3_notify
after update on shipments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_shipments_notify();
