-- Orders that wait again: promises that did not lapse yet run on until the orders expire, and what
-- they do not hold (any more) is promised anew, all or nothing. Answers how many promises are new.
-- P0INV. Locks: levels (total order), then reservations. Callers hold the order rows.
create or replace function renew_stock(p_tenant uuid, p_order_ids bigint[])
returns integer
language plpgsql volatile
as $$
begin
  -- Whoever lapses a promise holds its level: what is read after this lock stays so.
  perform lock_promised_levels(p_tenant, p_order_ids);
  update inventory_reservations as r
  set expires_at = o.expires_at
  from orders as o
  where o.tenant_id = p_tenant
    and o.order_id = any (p_order_ids)
    and r.tenant_id = p_tenant
    and r.order_id = o.order_id
    and r.status = 'reserved'
    and r.expires_at <> o.expires_at;
  return reserve_stock(p_tenant, p_order_ids);
end
$$;

comment on function renew_stock(uuid, bigint[]) is
  'Renews the promises of orders that wait again, and promises what they lost; P0INV.';
