-- Who sees which rows: row security on every table, derived from the catalogue, so that a new table
-- has it without anybody thinking of it. The installer runs sql/policies/ after every change.
--
--   owner                the table's owner: everything. FORCE makes row security hold for owners,
--                        and this gives it back to the one who installs and runs our functions
--   api, worker          everything: a request's key or a job's arguments say which shop
--   admin                the rows of one shop
--   analyst              of the schema analytics alone, the rows of one shop
--   customer             the rows of one customer, to read
--
-- Nobody is shown anything before the settings stevedore.tenant_id (and, for a customer,
-- stevedore.customer_id) are set. The queue has no shops: there an admin sees the jobs whose
-- arguments name the shop. Partitions get nothing: only their parent may be asked.
--
-- Only what differs is changed, since changing a policy locks its table for a moment; the comment
-- of a policy is what it was made from, so that it can be compared.
do $$
declare
  v_table record;
  v_policy record;
begin
  for v_table in
    select c.oid::regclass as name, c.relrowsecurity, c.relforcerowsecurity
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('public', 'queue', 'analytics')
      and c.relkind in ('r', 'p')
      and not c.relispartition
      and pg_has_role(c.relowner, 'usage')
      and not exists (
        select from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by c.oid::regclass::text
  loop
    if not v_table.relrowsecurity then
      execute format('alter table %s enable row level security', v_table.name);
    end if;
    if not v_table.relforcerowsecurity then
      execute format('alter table %s force row level security', v_table.name);
    end if;
    for v_policy in
      with wanted as (
        select w.name, w.remark, w.body
        from row_rules(v_table.name) as w
      ),
      present as (
        select p.polname as name, obj_description(p.oid, 'pg_policy') as remark
        from pg_policy as p
        where p.polrelid = v_table.name
      )
      select name, present.name is not null as is_present, wanted.remark, wanted.body
      from wanted
      full join present using (name)
      where wanted.remark is distinct from present.remark
    loop
      if v_policy.is_present then
        execute format('drop policy %I on %s', v_policy.name, v_table.name);
      end if;
      if v_policy.body is not null then
        execute format('create policy %I on %s %s', v_policy.name, v_table.name, v_policy.body);
        execute format(
          'comment on policy %I on %s is %L', v_policy.name, v_table.name, v_policy.remark);
      end if;
    end loop;
  end loop;
end
$$;
