-- Tells the shop that items became low: one notice per crossing, in the transaction that made it.
create or replace function alert_low_stock(p_levels inventory_levels[])
returns void
language plpgsql volatile
as $$
begin
  perform notify_admins(
    'low_stock',
    jsonb_build_object(
      'order_number', format('%s at %s', i.sku, lo.code),
      'reason', format('%s can still be promised, %s are on their way; the threshold is %s.',
        l.available, l.incoming, l.low_stock_threshold),
      'summary', format('Stock of %s at %s is low', i.sku, lo.code),
      'sku', i.sku,
      'location', lo.code,
      'available', l.available,
      'incoming', l.incoming,
      'low_stock_threshold', l.low_stock_threshold),
    -- A level counts its changes: each crossing is told once, whatever is repeated.
    format('%s:%s:%s', l.inventory_item_id, l.location_id, l.version),
    l.tenant_id)
  from (
    select *
    from unnest(p_levels) as l
    order by l.inventory_item_id, l.location_id
  ) as l
  join inventory_items as i using (tenant_id, inventory_item_id)
  join locations as lo using (tenant_id, location_id)
  where i.track_inventory;
end
$$;

comment on function alert_low_stock(inventory_levels[]) is
  'Tells the shop that items became low, once per crossing.';
