-- Shipments follow what carriers said. A shipment is where its furthest event says: the highest
-- rank, of those the latest; an exception shows while it is the last word. That depends on the
-- events alone and not on the order in which they came, so late and repeated ones do no harm.
create or replace function trg_tracking_events_apply()
returns trigger
language plpgsql
as $$
declare
  v_event record;
begin
  for v_event in
    select
      n.tenant_id, n.order_id, n.shipment_id, furthest.status, furthest.occurred_at, way.began_at,
      latest.status = 'exception'
        and coalesce(furthest.status not in ('expired', 'delivered', 'returned'), true)
        as is_exception
    from (select distinct tenant_id, order_id, shipment_id from new_rows) as n
    left join lateral (
      select e.status, e.occurred_at
      from tracking_events as e
      where e.tenant_id = n.tenant_id
        and e.shipment_id = n.shipment_id
        and e.status <> 'exception'
      order by shipment_rank(e.status) desc, e.occurred_at desc, e.status
      limit 1
    ) as furthest on true
    cross join lateral (
      select e.status
      from tracking_events as e
      where e.tenant_id = n.tenant_id
        and e.shipment_id = n.shipment_id
      order by e.occurred_at desc, e.status = 'exception', e.status
      limit 1
    ) as latest
    cross join lateral (
      select min(e.occurred_at) as began_at
      from tracking_events as e
      where e.tenant_id = n.tenant_id
        and e.shipment_id = n.shipment_id
        and shipment_rank(e.status) >= shipment_rank('in_transit')
        and e.status <> 'expired'
    ) as way
    order by n.tenant_id, n.order_id, n.shipment_id
  loop
    perform lock_order(v_event.tenant_id, v_event.order_id);
    -- Whoever set the state by hand may be ahead of the carrier.
    update shipments as s
    set
      status = case when v_event.is_exception then 'exception' else v_event.status end,
      shipped_at = coalesce(s.shipped_at, v_event.began_at),
      delivered_at = case when v_event.status = 'delivered'
        then coalesce(s.delivered_at, v_event.occurred_at) else s.delivered_at end
    where s.tenant_id = v_event.tenant_id
      and s.shipment_id = v_event.shipment_id
      and s.status not in ('cancelled', 'returned')
      and case when v_event.is_exception
        then s.status not in ('exception', 'expired', 'delivered')
        else v_event.status <> s.status and shipment_rank(v_event.status) >= s.rank end;
  end loop;
  return null;
end
$$;

comment on function trg_tracking_events_apply() is
  'Shipments are where their furthest tracking event says, in whatever order events came.';

create or replace trigger trg_tracking_events_apply
after insert on tracking_events
referencing new table as new_rows
for each statement execute function trg_tracking_events_apply();

create or replace trigger trg_tracking_events_append_only
before update or truncate on tracking_events
for each statement execute function trg_refuse_change();
