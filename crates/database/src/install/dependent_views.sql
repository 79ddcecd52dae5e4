-- $1: a view, as `schema.name`. The views that read it, directly or through others, the one that
-- nothing reads first: the order in which they can be dropped.
with recursive
dependants as (
  select to_regclass($1)::oid as view_oid, 0 as depth
  union
  select r.ev_class, dependants.depth + 1
  from dependants
  join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = dependants.view_oid
  join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
  where r.ev_class <> dependants.view_oid
    and dependants.depth < 100
)
select format('%I.%I', n.nspname, c.relname)
from dependants
join pg_class as c on c.oid = dependants.view_oid
join pg_namespace as n on n.oid = c.relnamespace
where dependants.depth > 0
  and c.relkind = 'v'
group by n.nspname, c.relname
order by max(dependants.depth) desc
