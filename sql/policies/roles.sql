-- The five roles that may work with Stevedore. None can log in: people and programs log in as users
-- of their own that are members of one (docs/roles.md).
--
-- Roles belong to the whole server, so another database's install may make the same one at the same
-- moment: that is as good as having made it. They are never altered here, since two sessions that
-- alter one role fail. An installer that may not make roles needs them made before.
do $$
declare
  v_role record;
  v_may_create constant boolean := (
    select rolsuper or rolcreaterole from pg_roles where rolname = current_user);
begin
  for v_role in
    select wanted.name, wanted.meaning
    from (values
      ('stevedore_api', 'Stevedore: the HTTP API. Sees every shop, since keys name their shop.'),
      ('stevedore_worker', 'Stevedore: the fleet of workers. Sees every shop.'),
      ('stevedore_admin', 'Stevedore: people of one shop (setting stevedore.tenant_id).'),
      ('stevedore_analyst', 'Stevedore: reads the schema analytics of one shop, nothing else.'),
      ('stevedore_customer', 'Stevedore: one customer of one shop (stevedore.customer_id).')
    ) as wanted (name, meaning)
    where not exists (select from pg_roles as r where r.rolname = wanted.name)
    order by wanted.name
  loop
    if not v_may_create then
      raise exception 'the role % does not exist, and % may not create roles',
          v_role.name, current_user
        using errcode = 'insufficient_privilege',
          hint = 'Ask an administrator of the server for these roles, or for CREATEROLE: '
            'create role stevedore_api; create role stevedore_worker; '
            'create role stevedore_admin; create role stevedore_analyst; '
            'create role stevedore_customer;';
    end if;
    begin
      execute format('create role %I', v_role.name);
      execute format('comment on role %I is %L', v_role.name, v_role.meaning);
    exception
      when duplicate_object or unique_violation then
        null;
    end;
  end loop;
end
$$;
