-- Locks all levels of what an order's lines are made of, and of a further variant or several, at
-- once and in the order of lock_levels(): for callers that will give back and promise in turn.
create or replace function lock_order_levels(
  p_tenant uuid, p_order_id bigint, p_variant_ids bigint[] default '{}'
)
returns void
language plpgsql volatile
as $$
begin
  perform lock_levels(p_tenant, array(
    select distinct vi.inventory_item_id
    from variant_inventory_items as vi
    where vi.tenant_id = p_tenant
      and (vi.variant_id = any (p_variant_ids)
        or vi.variant_id in (
          select oi.variant_id
          from order_items as oi
          where oi.tenant_id = p_tenant
            and oi.order_id = p_order_id))
    order by vi.inventory_item_id));
end
$$;

comment on function lock_order_levels(uuid, bigint, bigint[]) is
  'Locks all levels of an order''s lines, and of further variants, in their total order.';
