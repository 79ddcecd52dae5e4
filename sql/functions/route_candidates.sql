-- Who could fulfil the lines of these orders that nobody was asked for yet, in the order in which
-- they are tried: rules by priority, then the variant's own provider. p_all: every line, for
-- people who ask why. One row per line and candidate; a provider and account comes once, by its
-- first rule. is_open: its breaker is not closed, so others are tried before it.
create or replace function route_candidates(
  p_tenant uuid, p_order_ids bigint[], p_all boolean default false
)
returns table (
  order_id bigint,
  order_item_id bigint,
  place integer,
  routing_rule_id bigint,
  provider_code text,
  service text,
  account text,
  is_open boolean
)
language plpgsql stable
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  with lines as (
    select
      oi.order_id, oi.order_item_id, v.kind, v.fulfillment_provider, o.currency,
      upper(o.shipping_address->>'country') as country,
      case v.kind when 'physical' then
        sum(coalesce(v.weight_g, 500)::bigint * n.quantity)
          over (partition by oi.order_id, v.kind)
      end as weight_g,
      case v.kind
        when 'physical' then sum(oi.unit_price * n.quantity) over (partition by oi.order_id, v.kind)
        else oi.unit_price * n.quantity
      end as value
    from order_items as oi
    join orders as o using (tenant_id, order_id)
    join product_variants as v using (tenant_id, variant_id)
    cross join lateral (
      select oi.quantity - oi.quantity_cancelled - case when p_all then 0 else (
        select coalesce(sum(fi.quantity), 0)
        from fulfillment_items as fi
        join fulfillments as f using (tenant_id, order_id, fulfillment_id)
        where fi.tenant_id = p_tenant
          and fi.order_id = oi.order_id
          and fi.order_item_id = oi.order_item_id
          and f.status <> 'cancelled'
      ) end as quantity
    ) as n
    where oi.tenant_id = p_tenant
      and oi.order_id = any (p_order_ids)
      and n.quantity > 0
  ),
  candidates as (
    select l.order_id, l.order_item_id, r.priority, r.routing_rule_id, r.provider_code, r.service,
      r.account
    from lines as l
    join routing_rules as r
      on r.tenant_id = p_tenant
      and r.is_enabled
      and coalesce(r.product_kind = l.kind, true)
      and (r.countries is null or coalesce(l.country = any (r.countries), false))
      and coalesce(l.weight_g >= r.weight_min_g, r.weight_min_g is null)
      and coalesce(l.weight_g < r.weight_max_g, r.weight_max_g is null)
      and coalesce(l.value >= r.value_min, true)
      and coalesce(l.value < r.value_max, true)
      and coalesce(l.currency = r.currency, true)
    union all
    select l.order_id, l.order_item_id, 10001, null, coalesce(l.fulfillment_provider, 'manual'),
      null, 'default'
    from lines as l
  ),
  firsts as (
    select distinct on (c.order_item_id, c.provider_code, c.account) c.*
    from candidates as c
    order by c.order_item_id, c.provider_code, c.account, c.priority, c.routing_rule_id
  )
  select
    f.order_id, f.order_item_id,
    (row_number() over (
      partition by f.order_item_id
      order by f.priority, f.routing_rule_id))::integer,
    f.routing_rule_id, f.provider_code, f.service, f.account,
    -- The default account is whichever the workers have.
    exists (
      select
      from provider_gates as g
      where g.provider = f.provider_code
        and (g.account = f.account or f.account = 'default')
        and g.state <> 'closed')
  from firsts as f;
end
$$;

comment on function route_candidates(uuid, bigint[], boolean) is
  'Who could fulfil the lines of orders, in the order in which they are tried.';
