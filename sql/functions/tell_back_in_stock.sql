-- Goods are there again: everybody who asked to be told is, once.
create or replace function tell_back_in_stock(p_levels inventory_levels[])
returns void
language plpgsql volatile
as $$
begin
  with told as (
    update stock_subscriptions as s
    set notified_at = clock_now()
    from (select distinct tenant_id, inventory_item_id from unnest(p_levels)) as l
    where s.tenant_id = l.tenant_id
      and s.inventory_item_id = l.inventory_item_id
      and s.notified_at is null
    returning s.*
  )
  insert into notification_queue (
    tenant_id, customer_id, notification_type, channel, recipient, locale, payload, status,
    skip_reason, event, dedupe_key, not_before)
  select
    t.tenant_id,
    t.customer_id,
    'back_in_stock',
    c.channel,
    c.recipient,
    t.locale,
    jsonb_build_object('sku', i.sku, 'title', v.title, 'customer_name', k.name),
    case when c.skip_reason is null then 'pending' else 'skipped' end,
    c.skip_reason,
    t.subscription_id::text,
    concat_ws(':', 'back_in_stock', c.channel, t.subscription_id),
    quiet_until(clock_now(),
      coalesce(p.time_zone, s.time_zone, 'UTC'),
      coalesce(p.quiet_from, s.quiet_from),
      coalesce(p.quiet_until, s.quiet_until))
  from told as t
  join inventory_items as i using (tenant_id, inventory_item_id)
  left join customers as k using (tenant_id, customer_id)
  left join notification_preferences as p using (tenant_id, customer_id)
  left join notification_settings as s using (tenant_id)
  left join lateral (
    select min(v.title) as title
    from variant_inventory_items as vi
    join product_variants as v using (tenant_id, variant_id)
    where vi.tenant_id = t.tenant_id
      and vi.inventory_item_id = t.inventory_item_id
  ) as v on true
  cross join lateral notice_channels(
    t.tenant_id, '{email}', t.email, null, t.customer_id, false) as c
  order by t.subscription_id
  on conflict (tenant_id, dedupe_key) do nothing;
end
$$;

comment on function tell_back_in_stock(inventory_levels[]) is
  'Tells everybody who waits for these goods that they are there.';
