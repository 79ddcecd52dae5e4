-- What whoever holds a link may know of orders, newest first: how far they are and where their
-- parcels are. Nothing of whom they are for, what is in them, what they cost: neither names nor
-- addresses, and of the carriers' words only states and places, as their texts may name who signed;
-- nor the place of the delivery.
create or replace function orders_tracking(p_order_ids bigint[], p_tenant uuid)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(t.tracking order by t.placed_at desc), '[]')
    from (
      select
        o.placed_at,
        jsonb_build_object(
          'order_number', o.order_number,
          'status', o.order_status,
          'placed_at', o.placed_at,
          'estimated_delivery_at', (
            select max(s.estimated_delivery_at)
            from shipments as s
            where s.tenant_id = o.tenant_id
              and s.order_id = o.order_id
              and s.status not in ('returned', 'cancelled')),
          'timeline', (
            select coalesce(jsonb_agg(
              jsonb_build_object('status', h.to_status, 'at', h.created_at)
              order by h.history_id), '[]')
            from vw_state_history as h
            where h.tenant_id = o.tenant_id
              and h.order_id = o.order_id
              and h.axis = 'order'),
          'shipments', (
            select coalesce(jsonb_agg(
              jsonb_build_object(
                'carrier', s.carrier_code,
                'tracking_number', s.tracking_number,
                'tracking_url', s.tracking_url,
                'status', s.status,
                'estimated_delivery_at', s.estimated_delivery_at,
                'delivered_at', s.delivered_at,
                'events', (
                  select coalesce(jsonb_agg(
                    jsonb_build_object(
                      'status', e.status,
                      'location', case when e.status <> 'delivered' then e.location end,
                      'occurred_at', e.occurred_at)
                    order by e.occurred_at, e.tracking_event_id), '[]')
                  from (
                    select *
                    from vw_tracking_events as t
                    where t.tenant_id = s.tenant_id
                      and t.shipment_id = s.shipment_id
                      and t.order_id = s.order_id
                    order by t.occurred_at desc
                    limit 100
                  ) as e))
              order by s.shipment_id), '[]')
            from shipments as s
            where s.tenant_id = o.tenant_id
              and s.order_id = o.order_id)
        ) as tracking
      from orders as o
      where o.tenant_id = p_tenant
        and o.order_id = any (p_order_ids)
    ) as t
  );
end
$$;

comment on function orders_tracking(bigint[], uuid) is
  'How far orders are, without personal data: for whoever holds a link.';
