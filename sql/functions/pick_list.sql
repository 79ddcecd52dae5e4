-- A round with what it fetches, in the order of the shelves, as JSON; null if there is none.
create or replace function pick_list(
  p_pick_batch_id bigint, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'pick_list_id', b.pick_batch_id,
      'location', lo.code,
      'zone', b.zone,
      'status', b.status,
      'picker', b.picker,
      'created_at', b.created_at,
      'completed_at', b.completed_at,
      'items', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'pick_list_item_id', n.pick_list_item_id,
            'order_id', n.order_id,
            'fulfillment_id', n.fulfillment_id,
            'sku', n.sku,
            'title', n.title,
            'zone', n.zone,
            'bin', n.bin,
            'quantity', n.quantity,
            'picked_quantity', n.picked_quantity,
            'short_reason', n.short_reason,
            'picked_by', n.picked_by,
            'picked_at', n.picked_at)
          order by n.pick_list_item_id), '[]')
        from pick_list_items as n
        where n.tenant_id = p_tenant
          and n.pick_batch_id = p_pick_batch_id))
    from pick_batches as b
    join locations as lo
      on lo.tenant_id = p_tenant and lo.location_id = b.location_id
    where b.tenant_id = p_tenant
      and b.pick_batch_id = p_pick_batch_id
  );
end
$$;

comment on function pick_list(bigint, uuid) is
  'A round with what it fetches, as JSON; null if there is none.';
