-- What an order's risk score is made of. P0NOF.
create or replace function explain_risk(
  p_order_id bigint, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
declare
  v_answer jsonb;
begin
  select jsonb_build_object(
    'order_id', o.order_id,
    'order_status', o.order_status,
    'risk_score', o.risk_score,
    'hold_score', risk_hold_score(p_tenant),
    'reasons', coalesce((
      select jsonb_agg(jsonb_build_object(
          'rule_code', r.rule_code,
          'score', r.score,
          'detail', r.detail,
          'comment', f.comment,
          'created_at', r.created_at)
        order by r.score desc, r.rule_code)
      from order_risk_reasons as r
      left join fraud_rules as f using (tenant_id, rule_code)
      where r.tenant_id = p_tenant
        and r.order_id = o.order_id), '[]'))
  into v_answer
  from orders as o
  where o.tenant_id = p_tenant
    and o.order_id = p_order_id;
  if v_answer is null then
    raise exception 'there is no order %', p_order_id using errcode = 'P0NOF';
  end if;
  return v_answer;
end
$$;

comment on function explain_risk(bigint, uuid) is
  'What an order''s risk score is made of, rule by rule; P0NOF.';
