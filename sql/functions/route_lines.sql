-- Who is asked for each line of these orders that nobody was asked for yet, where a rule decides:
-- the first candidate that works, else the first. No rows in a shop without rules, which costs one
-- look at an index.
create or replace function route_lines(p_tenant uuid, p_order_ids bigint[])
returns table (
  order_item_id bigint,
  provider_code text,
  service text,
  account text
)
language plpgsql stable
rows 10
as $$
#variable_conflict use_column
begin
  if not exists (select from routing_rules where tenant_id = p_tenant and is_enabled) then
    return;
  end if;
  return query
  select distinct on (c.order_item_id) c.order_item_id, c.provider_code, c.service, c.account
  from route_candidates(p_tenant, p_order_ids) as c
  -- A person is no way round a broken provider: the orders wait for it.
  order by c.order_item_id, c.is_open or c.provider_code = 'manual' and c.routing_rule_id is null,
    c.place;
end
$$;

comment on function route_lines(uuid, bigint[]) is
  'Who is asked for lines of orders, where routing rules decide.';
