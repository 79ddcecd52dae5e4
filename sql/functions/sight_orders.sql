-- Remembers with which phone, mail and network addresses these orders were seen, for the velocity
-- rules, and forgets a few of those that no rule can ask for any more.
create or replace function sight_orders(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  c_forgotten_max constant integer := 20;
begin
  insert into order_sightings (tenant_id, kind, value_hash, order_id)
  select p_tenant, s.kind, sighting_hash(p_tenant, s.value), o.order_id
  from orders as o
  cross join lateral (values
    ('phone', o.customer_phone),
    ('email', lower(o.customer_email)),
    ('ip', host(o.ip_address))
  ) as s (kind, value)
  where o.tenant_id = p_tenant
    and o.order_id = any (p_order_ids)
    and s.value is not null
  order by s.kind, 3, o.order_id
  on conflict do nothing;

  delete from order_sightings as s
  using (
    select tenant_id, kind, value_hash, order_id
    from order_sightings
    where seen_at < clock_now() - interval '7 days'
    order by seen_at
    limit c_forgotten_max
    for update skip locked
  ) as old
  where s.tenant_id = old.tenant_id
    and s.kind = old.kind
    and s.value_hash = old.value_hash
    and s.order_id = old.order_id;
end
$$;

comment on function sight_orders(uuid, bigint[]) is
  'Remembers with which addresses orders were seen, for the velocity rules.';
