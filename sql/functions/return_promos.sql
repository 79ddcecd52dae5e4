-- Gives back what these orders, which are closed, used of promotions; twice is once.
-- Locks: promotions (by id). The callers hold the orders, and no levels yet.
create or replace function return_promos(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  perform
  from promotions
  where tenant_id = p_tenant
    and promotion_id in (
      select promotion_id
      from promo_redemptions
      where tenant_id = p_tenant
        and order_id = any (p_order_ids)
        and returned_at is null)
  order by promotion_id
  for no key update;
  if not found then
    return;
  end if;
  update promo_redemptions as r
  set
    returned_at = clock_now(),
    returned_reason = 'the order is ' || replace(o.order_status, '_', ' ')
  from orders as o
  where r.tenant_id = p_tenant
    and r.order_id = any (p_order_ids)
    and r.returned_at is null
    and o.tenant_id = r.tenant_id
    and o.order_id = r.order_id;
end
$$;

comment on function return_promos(uuid, bigint[]) is
  'Gives back what closed orders used of promotions; twice is once.';
