-- What these parcels need from the shelves that nobody fetches yet, with where it lies; of a zone,
-- or (null) of all. A kit is fetched as its parts.
create or replace function pick_needs(p_tenant uuid, p_fulfillment_ids bigint[], p_zone text)
returns table (
  order_id bigint,
  fulfillment_id bigint,
  fulfillment_item_id bigint,
  sku text,
  title text,
  zone text,
  bin text,
  quantity integer
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
  return query
    select fi.order_id, fi.fulfillment_id, fi.fulfillment_item_id, coalesce(i.sku, oi.sku),
      oi.title, l.zone, l.bin, fi.quantity * coalesce(vi.required_quantity, 1)
    from fulfillments as f
    join fulfillment_items as fi
      on fi.tenant_id = p_tenant and fi.fulfillment_id = f.fulfillment_id
    join order_items as oi
      on oi.tenant_id = p_tenant and oi.order_item_id = fi.order_item_id
    left join variant_inventory_items as vi
      on vi.tenant_id = p_tenant and vi.variant_id = oi.variant_id
    left join inventory_items as i
      on i.tenant_id = p_tenant and i.inventory_item_id = vi.inventory_item_id
    left join inventory_levels as l
      on l.tenant_id = p_tenant
      and l.inventory_item_id = vi.inventory_item_id
      and l.location_id = f.location_id
    where f.tenant_id = p_tenant
      and f.fulfillment_id = any (p_fulfillment_ids)
      and (p_zone is null or l.zone = p_zone)
      and not exists (
        select
        from pick_list_items as p
        join pick_batches as b using (tenant_id, pick_batch_id)
        where p.tenant_id = p_tenant
          and p.fulfillment_id = fi.fulfillment_id
          and p.fulfillment_item_id = fi.fulfillment_item_id
          and p.sku = coalesce(i.sku, oi.sku)
          and b.status <> 'cancelled');
end
$$;

comment on function pick_needs(uuid, bigint[], text) is
  'What parcels need from the shelves that nobody fetches yet, and where it lies.';
