-- Tells the shop that items became low: one notice per crossing, in the transaction that made it,
-- and its send_notification job with it. Without an address the notice says so instead of silence.
create or replace function alert_low_stock(p_levels inventory_levels[])
returns void
language plpgsql volatile
as $$
begin
  insert into notification_queue (
    tenant_id, notification_type, channel, recipient, payload, status, skip_reason, dedupe_key)
  select
    l.tenant_id,
    'low_stock',
    'email',
    s.alert_email,
    jsonb_build_object(
      'order_number', format('%s at %s', i.sku, lo.code),
      'reason', format('%s can still be promised, %s are on their way; the threshold is %s.',
        l.available, l.incoming, l.low_stock_threshold),
      'sku', i.sku,
      'location', lo.code,
      'available', l.available,
      'incoming', l.incoming,
      'low_stock_threshold', l.low_stock_threshold),
    case when s.alert_email is null then 'skipped' else 'pending' end,
    case when s.alert_email is null then 'no_address' end,
    -- A level counts its changes: each crossing is told once, whatever is repeated.
    format('low_stock:%s:%s:%s', l.inventory_item_id, l.location_id, l.version)
  from unnest(p_levels) as l
  join inventory_items as i using (tenant_id, inventory_item_id)
  join locations as lo using (tenant_id, location_id)
  left join stock_settings as s using (tenant_id)
  where i.track_inventory
  order by l.inventory_item_id, l.location_id
  on conflict (tenant_id, dedupe_key) do nothing;
end
$$;

comment on function alert_low_stock(inventory_levels[]) is
  'Tells the shop that items became low, once per crossing.';
