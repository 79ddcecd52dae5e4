-- Looks at orders that are about to be confirmed: adds up the scores of the rules that match, keeps
-- the reasons, and holds those that a person should see first (order_holds, high_risk_of_fraud).
-- Answers the ids of those that may go on. Whom a person let go on after such a hold goes on.
--
-- With no rule enabled this is one look at a table that is in memory, and risk_score stays null.
-- The caller holds the orders, which are pending.
create or replace function screen_orders(p_tenant uuid, p_order_ids bigint[])
returns bigint[]
language plpgsql volatile
as $$
declare
  c_stock_kept constant interval := interval '24 hours';
  v_due bigint[];
begin
  if not exists (select from fraud_rules where tenant_id = p_tenant and is_enabled) then
    return p_order_ids;
  end if;
  select array_agg(n.order_id order by n.order_id) into v_due
  from unnest(p_order_ids) as n (order_id)
  where not exists (
    select
    from order_holds as h
    where h.tenant_id = p_tenant
      and h.order_id = n.order_id
      and h.reason = 'high_risk_of_fraud'
      and h.released_at is not null);
  if v_due is null then
    return p_order_ids;
  end if;
  if exists (
    select
    from fraud_rules
    where tenant_id = p_tenant
      and is_enabled
      and kind like 'velocity%'
  ) then
    perform sight_orders(p_tenant, v_due);
  end if;

  delete from order_risk_reasons
  where tenant_id = p_tenant
    and order_id = any (v_due);
  insert into order_risk_reasons (tenant_id, order_id, rule_code, score, detail)
  select p_tenant, o.order_id, r.rule_code, r.score, m.detail
  from orders as o
  join fraud_rules as r on r.tenant_id = p_tenant and r.is_enabled
  cross join lateral match_fraud_rule(o, r.kind, r.params) as m (detail)
  where o.tenant_id = p_tenant
    and o.order_id = any (v_due)
    and m.detail is not null;
  update orders as o
  set risk_score = least(100, coalesce((
    select sum(r.score)
    from order_risk_reasons as r
    where r.tenant_id = p_tenant
      and r.order_id = o.order_id), 0))
  where o.tenant_id = p_tenant
    and o.order_id = any (v_due);

  insert into order_holds (tenant_id, order_id, reason, notes, held_by)
  select p_tenant, o.order_id, 'high_risk_of_fraud', left((
      select string_agg(r.detail, '; ' order by r.score desc, r.rule_code)
      from order_risk_reasons as r
      where r.tenant_id = p_tenant
        and r.order_id = o.order_id), 1000), 'fraud rules'
  from orders as o
  where o.tenant_id = p_tenant
    and o.order_id = any (v_due)
    and o.risk_score >= risk_hold_score(p_tenant)
  order by o.order_id;
  -- A person needs longer than a buyer: their stock is kept meanwhile.
  update inventory_reservations as r
  set expires_at = greatest(r.expires_at, clock_now() + c_stock_kept), updated_at = clock_now()
  from orders as o
  where o.tenant_id = p_tenant
    and o.order_id = any (v_due)
    and o.order_status = 'on_hold'
    and r.tenant_id = o.tenant_id
    and r.order_id = o.order_id
    and r.status = 'reserved';
  return (
    select array_agg(o.order_id order by o.order_id)
    from orders as o
    where o.tenant_id = p_tenant
      and o.order_id = any (p_order_ids)
      and o.order_status <> 'on_hold');
end
$$;

comment on function screen_orders(uuid, bigint[]) is
  'Scores orders before they are confirmed and holds the risky; answers those that may go on.';
