-- Who may call which functions, and name what is in which schema. PostgreSQL lets everybody call a
-- new function; ours are for the API, the workers and admins, and those that run as the owner
-- (security definer) for the workers alone. Everybody may ask for the clock and for the settings
-- that row security compares with, because views and policies do so in the reader's name.
do $$
declare
  v_change record;
begin
  for v_change in
    with
    routines as (
      select p.oid, p.proacl, p.proowner, p.prosecdef, p.prorettype, n.nspname as schema,
        p.proname as name
      from pg_proc as p
      join pg_namespace as n on n.oid = p.pronamespace
      where n.nspname in ('public', 'queue', 'analytics')
        and pg_has_role(p.proowner, 'usage')
        and not exists (
          select from pg_depend as d
          where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    ),
    wanted as (
      select r.oid, role
      from routines as r
      cross join lateral unnest(case
        when r.name in (
            'clock_now', 'current_tenant_id', 'session_tenant_id', 'session_customer_id')
          and r.schema = 'public' then '{public}'
        when r.prorettype = 'trigger'::regtype or r.name in ('row_rules', 'customer_row_rule')
          then '{}'
        when r.prosecdef or r.schema = 'analytics' then '{stevedore_worker}'
        else '{stevedore_api,stevedore_worker,stevedore_admin}'
      end::text[]) as role
    ),
    present as (
      select r.oid, coalesce(g.rolname, 'public') as role
      from routines as r
      cross join lateral aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) as a
      left join pg_roles as g on g.oid = a.grantee
      where a.grantee = 0
        or g.rolname ~ '^stevedore_(api|worker|admin|analyst|customer)$'
    )
    select format(
      case when present.role is null then 'grant execute on routine %s to %s'
        else 'revoke execute on routine %s from %s' end,
      oid::regprocedure, role) as statement
    from wanted
    full join present using (oid, role)
    where wanted.role is null
      or present.role is null
    order by oid::regprocedure::text, role
  loop
    execute v_change.statement;
  end loop;

  for v_change in
    select format('grant usage on schema %I to stevedore_%s', n.nspname, role) as statement
    from (values
      ('public', '{api,worker,admin,customer}'),
      ('queue', '{api,worker,admin}'),
      ('stevedore', '{api,worker}'),
      ('analytics', '{api,worker,admin,analyst}')
    ) as uses (schema, roles)
    join pg_namespace as n on n.nspname = uses.schema
    cross join lateral unnest(uses.roles::text[]) as role
    where not has_schema_privilege('stevedore_' || role, n.oid, 'usage')
  loop
    execute v_change.statement;
  end loop;
end
$$;
