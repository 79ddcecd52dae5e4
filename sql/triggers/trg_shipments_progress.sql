-- Fulfilments follow their parcels: shipped with the first that is on its way, over when all are:
-- delivered, or returned if not one of them arrived. Orders first, then the rest.
create or replace function trg_shipments_progress()
returns trigger
language plpgsql
as $$
declare
  v_group record;
  v_target text;
begin
  for v_group in
    select distinct n.tenant_id, n.order_id, n.fulfillment_id
    from new_rows as n
    join old_rows as o using (tenant_id, shipment_id)
    where n.status <> o.status
    order by n.tenant_id, n.order_id, n.fulfillment_id
  loop
    perform lock_order(v_group.tenant_id, v_group.order_id);
    select case
        when bool_and(status in ('delivered', 'returned'))
          then case when bool_or(status = 'delivered') then 'delivered' else 'returned' end
        when bool_or(shipped_at is not null) then 'shipped'
      end
    into v_target
    from shipments
    where tenant_id = v_group.tenant_id
      and fulfillment_id = v_group.fulfillment_id
      and status <> 'cancelled';
    if v_target is not null then
      perform advance_fulfillment(v_group.tenant_id, v_group.fulfillment_id, v_target);
    end if;
  end loop;
  return null;
end
$$;

comment on function trg_shipments_progress() is 'Fulfilments follow their shipments.';

create or replace trigger trg_shipments_2_progress
after update on shipments
referencing old table as old_rows new table as new_rows
for each statement execute function trg_shipments_progress();
