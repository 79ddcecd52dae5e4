-- Why each line of an order goes where it goes: its candidates in the order in which they are
-- tried, the state of their breakers, and the fulfilments that were made. Null: no such order.
create or replace function explain_route(
  p_order_id bigint, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'order_id', o.order_id,
      'order_number', o.order_number,
      'country', upper(o.shipping_address->>'country'),
      'lines', coalesce((
        select jsonb_agg(jsonb_build_object(
            'order_item_id', oi.order_item_id,
            'sku', oi.sku,
            'candidates', (
              select jsonb_agg(jsonb_build_object(
                  'place', c.place,
                  'provider', c.provider_code,
                  'service', c.service,
                  'account', c.account,
                  'routing_rule_id', c.routing_rule_id,
                  'breaker', coalesce(g.state, 'closed'),
                  'last_error', case when g.state <> 'closed' then g.last_error end)
                order by c.place)
              from route_candidates(p_tenant, array[o.order_id], true) as c
              left join lateral (
                select g.state, g.last_error
                from provider_gates as g
                where g.provider = c.provider_code
                  and (g.account = c.account or c.account = 'default')
                order by g.state = 'closed', g.account
                limit 1
              ) as g on true
              where c.order_item_id = oi.order_item_id),
            'fulfillments', (
              select coalesce(jsonb_agg(jsonb_build_object(
                  'fulfillment_id', f.fulfillment_id,
                  'provider', f.provider_code,
                  'service', f.service,
                  'account', f.account,
                  'status', f.status,
                  'replaces_id', f.replaces_id)
                order by f.fulfillment_id), '[]')
              from fulfillments as f
              where f.tenant_id = p_tenant
                and f.order_id = o.order_id
                and exists (
                  select
                  from fulfillment_items as fi
                  where fi.tenant_id = p_tenant
                    and fi.fulfillment_id = f.fulfillment_id
                    and fi.order_item_id = oi.order_item_id)))
          order by oi.line_number)
        from order_items as oi
        where oi.tenant_id = p_tenant
          and oi.order_id = o.order_id), '[]'))
    from orders as o
    where o.tenant_id = p_tenant
      and o.order_id = p_order_id
  );
end
$$;

comment on function explain_route(bigint, uuid) is
  'Why each line of an order goes where it goes, as JSON; null: no such order.';
