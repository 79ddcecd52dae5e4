-- From which risk score on an order waits for a person.
create or replace function risk_hold_score(p_tenant uuid)
returns integer
language plpgsql stable
as $$
begin
  return coalesce((
    select s.risk_hold_score
    from order_settings as s
    where s.tenant_id = p_tenant), 70);
end
$$;

comment on function risk_hold_score(uuid) is
  'From which risk score on an order waits for a person; 70 unless the shop says otherwise.';
