-- The policies that a table is to have: name, comment, and what follows `create policy … on …`.
-- Called by sql/policies/row_security.sql only, which says what they mean.
create or replace function row_rules(p_table regclass)
returns table (
  name text,
  remark text,
  body text
)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  v_schema text;
  v_row text;
  v_owner text;
  v_has_tenant boolean;
  v_own_shop text;
begin
  select n.nspname, quote_ident(c.relname), quote_ident(r.rolname), exists (
    select from pg_attribute as a
    where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
  into v_schema, v_row, v_owner, v_has_tenant
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  join pg_roles as r on r.oid = c.relowner
  where c.oid = p_table;

  -- Null where a table says nothing of shops.
  v_own_shop := case
    when v_has_tenant then 'tenant_id = session_tenant_id()'
    when p_table in ('queue.jobs'::regclass, 'queue.dead_jobs'::regclass,
        'queue.finished_jobs'::regclass)
      then $rule$args->>'tenant_id' = session_tenant_id()::text$rule$
  end;

  return query
  select rule.name, rule.body, rule.body
  from (
    values
      ('owner', format('to %s using (true) with check (true)', v_owner)),
      ('service', 'to stevedore_api, stevedore_worker using (true) with check (true)'),
      -- What all shops share (the legal transitions, a kind's descriptor) an admin reads.
      ('admin', case
        when v_own_shop is not null
          then format('to stevedore_admin using (%1$s) with check (%1$s)', v_own_shop)
        when v_schema = 'public' or p_table in ('queue.kinds'::regclass, 'queue.queues'::regclass,
            'queue.limits'::regclass, 'queue.quotas'::regclass)
          then 'for select to stevedore_admin using (true)'
      end),
      ('analyst', case when v_schema = 'analytics' and v_has_tenant
        then 'for select to stevedore_analyst using (tenant_id = session_tenant_id())' end),
      ('customer', case when v_schema = 'public' and v_has_tenant
        then 'for select to stevedore_customer using (' || customer_row_rule(p_table, v_row) || ')'
      end)
  ) as rule (name, body)
  where rule.body is not null;
end
$$;

comment on function row_rules(regclass) is 'The policies of row security that a table is to have.';
