-- Every routine, view, trigger and policy outside the system and the extensions, as a drop
-- statement names it, with the version of the catalogue row that holds its definition.
-- (A replaced view keeps its pg_class row: its definition is the rewrite rule.)
with
ours as (
  select oid, nspname
  from pg_namespace
  where nspname not in ('information_schema', 'stevedore')
    and nspname !~ '^pg_'
),
routines as (
  select
    format('routine %I.%I(%s)', ours.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
    p.xmin::text
  from pg_proc as p
  join ours on ours.oid = p.pronamespace
  where not exists (
    select from pg_depend as d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
),
views as (
  select format('view %I.%I', ours.nspname, c.relname), r.xmin::text
  from pg_class as c
  join ours on ours.oid = c.relnamespace
  join pg_rewrite as r on r.ev_class = c.oid and r.rulename = '_RETURN'
  where c.relkind = 'v'
    and not exists (
      select from pg_depend as d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
),
triggers as (
  select format('trigger %I on %I.%I', t.tgname, ours.nspname, c.relname), t.xmin::text
  from pg_trigger as t
  join pg_class as c on c.oid = t.tgrelid
  join ours on ours.oid = c.relnamespace
  where not t.tgisinternal
    and t.tgparentid = 0
),
policies as (
  select format('policy %I on %I.%I', p.polname, ours.nspname, c.relname), p.xmin::text
  from pg_policy as p
  join pg_class as c on c.oid = p.polrelid
  join ours on ours.oid = c.relnamespace
)
select * from routines
union all select * from views
union all select * from triggers
union all select * from policies
