-- Locks the levels from which these orders hold stock, in the order of lock_levels().
create or replace function lock_promised_levels(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  perform
  from inventory_levels as l
  where l.tenant_id = p_tenant
    and (l.inventory_item_id, l.location_id) in (
      select r.inventory_item_id, r.location_id
      from inventory_reservations as r
      where r.tenant_id = p_tenant
        and r.order_id = any (p_order_ids)
        and r.status in ('reserved', 'committed'))
  order by l.inventory_item_id, l.location_id
  for no key update of l;
end
$$;

comment on function lock_promised_levels(uuid, bigint[]) is
  'Locks the levels from which orders hold stock, in their total order.';
