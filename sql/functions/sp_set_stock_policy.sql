-- What a shop decides of an item at a location, or (null) at every one that has it: only the keys
-- that are given change.
--   backorder_limit  units promised beyond the stock: 0 none, null without limit
--   preorder_limit   units promised before release_at: 0 none, null without limit
--   release_at       until then every promise waits; null: released
--   safety_stock     units kept back from new promises
-- Answers how many levels it was set on. P0NOF for an unknown SKU or location, P0VAL with all that
-- is wrong. Locks: the levels (total order).
create or replace function sp_set_stock_policy(
  p_sku text,
  p_location_code text,
  p_policy jsonb,
  p_tenant uuid default current_tenant_id()
)
returns integer
language plpgsql volatile
as $$
declare
  v_item bigint;
  v_location bigint;
  v_problems jsonb;
  v_levels inventory_levels[];
begin
  select jsonb_agg(jsonb_build_object('field', key, 'code', code, 'message', message) order by key)
  into v_problems
  from jsonb_each(case jsonb_typeof(p_policy) when 'object' then p_policy else '{}' end) as given
  cross join lateral (
    select
      case when key not in ('backorder_limit', 'preorder_limit', 'release_at', 'safety_stock')
          then 'unknown'
        when key = 'release_at' and jsonb_typeof(value) <> 'null'
          and queue.try_timestamptz(value #>> '{}') is null then 'wrong_type'
        when key like '%_limit' and jsonb_typeof(value) = 'null' then null
        when key <> 'release_at' and (jsonb_typeof(value) <> 'number'
          or (value #>> '{}')::numeric not between 0 and 1000000000
          or scale((value #>> '{}')::numeric) > 0) then 'out_of_range'
      end as code,
      case when key = 'release_at' then 'must be a time or null'
        when key in ('backorder_limit', 'preorder_limit')
          then 'must be a whole number, 0 or more, or null for no limit'
        when key = 'safety_stock' then 'must be a whole number, 0 or more'
        else 'is not part of the policy' end as message
  ) as judged
  where code is not null;
  if v_problems is not null or jsonb_typeof(p_policy) is distinct from 'object' then
    raise exception 'the policy is invalid' using errcode = 'P0VAL', detail = coalesce(v_problems,
      jsonb_build_array(jsonb_build_object('field', 'policy', 'code', 'wrong_type', 'message',
        'must be an object')))::text;
  end if;
  if p_location_code is not null then
    select item_id, location_id into v_item, v_location
    from find_level(p_tenant, p_sku, p_location_code);
  else
    select i.inventory_item_id into v_item
    from inventory_items as i
    where i.tenant_id = p_tenant
      and i.sku = p_sku;
    if not found then
      raise exception 'there is no stock item %', p_sku using errcode = 'P0NOF';
    end if;
  end if;
  perform lock_levels(p_tenant, array[v_item]);
  with changed as (
    update inventory_levels as l
    set
      backorder_limit = case when p_policy ? 'backorder_limit'
        then (p_policy->>'backorder_limit')::bigint else l.backorder_limit end,
      preorder_limit = case when p_policy ? 'preorder_limit'
        then (p_policy->>'preorder_limit')::bigint else l.preorder_limit end,
      release_at = case when p_policy ? 'release_at'
        then (p_policy->>'release_at')::timestamptz else l.release_at end,
      safety_stock = case when p_policy ? 'safety_stock'
        then (p_policy->>'safety_stock')::bigint else l.safety_stock end,
      updated_at = clock_now()
    where l.tenant_id = p_tenant
      and l.inventory_item_id = v_item
      and (v_location is null or l.location_id = v_location)
    returning l as level
  )
  select array_agg(level) into v_levels from changed;
  -- A release that comes earlier, or a smaller safety stock, may free units for who waits.
  perform enqueue_backorder_filling(v_levels)
  where exists (
    select
    from unnest(v_levels) as l
    where l.backordered > 0
      or l.release_at is not null);
  return coalesce(cardinality(v_levels), 0);
end
$$;

comment on function sp_set_stock_policy(text, text, jsonb, uuid) is
  'Sets backorder, preorder and safety stock of an item at a location or all; P0NOF, P0VAL.';
