-- Who may do what, as little as each role's work needs: granted and revoked until exactly this is
-- so. Rows are row security's matter (row_security.sql); columns of history are protected by
-- triggers, too, but a role that may not update a ledger does not even get to them.
--
-- A table of a later migration is worked with by the API, the workers and admins (select, insert,
-- update) until it is named here. Nobody but the owner may truncate, or touch partitions.
do $$
declare
  v_change record;
begin
  for v_change in
    with
    relations as (
      select
        c.oid,
        c.relkind,
        n.nspname as schema,
        c.relname as name,
        -- The ledgers: a trigger refuses every update (16) of what is written.
        exists (
          select from pg_trigger as t
          where t.tgrelid = c.oid and t.tgfoid = to_regproc('public.trg_refuse_change')
            and t.tgtype & 16 <> 0
        ) as is_ledger
      from pg_class as c
      join pg_namespace as n on n.oid = c.relnamespace
      where n.nspname in ('public', 'queue', 'analytics', 'stevedore')
        and c.relkind in ('r', 'p', 'v', 'S')
        and not c.relispartition
        and pg_has_role(c.relowner, 'usage')
        and not exists (
          select from pg_depend as d
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    ),
    wanted as (
      select r.oid, role, privilege
      from relations as r
      cross join unnest('{api,worker,admin,analyst,customer}'::text[]) as role
      cross join lateral unnest(case
        when r.relkind = 'S' then
          case when role in ('api', 'worker', 'admin') and r.schema in ('public', 'queue')
            then '{usage}' end
        when role = 'analyst' then
          case when r.schema = 'analytics' then '{select}' end
        when role = 'customer' then
          case when r.schema = 'public' and r.name in (
              'customers', 'orders', 'order_items', 'order_state_history', 'fulfillments',
              'fulfillment_items', 'shipments', 'tracking_events', 'payments', 'refunds',
              'returns', 'return_items', 'wallet_entries', 'customer_notifications')
            then '{select}' end
        when r.schema = 'stevedore' then
          case when role in ('api', 'worker') then '{select}' end
        when r.relkind = 'v' then
          case when r.schema <> 'queue' or role <> 'admin' then '{select}' end
        when r.name = 'sla_targets' and role = 'admin' then '{select,insert,update}'
        when r.schema = 'analytics' then
          case when role = 'worker' then '{select,insert,update,delete}' else '{select}' end
        when r.schema = 'queue' and role = 'admin' then
          case
            when r.name in ('jobs', 'dead_jobs') then '{select,insert,update,delete}'
            when r.name = 'finished_jobs' then '{select,insert}'
            else '{select}'
          end
        when r.schema = 'queue' then '{select,insert,update,delete}'
        when r.name in ('order_state_transitions', 'notification_kinds', 'archived_orders')
          then '{select}'
        when r.name = 'api_keys' then
          case role when 'api' then '{select}' when 'admin' then '{select,insert,update}' end
        when r.name = 'console_sessions' then
          case role
            when 'api' then '{select,insert,update,delete}'
            when 'worker' then '{select,update,delete}'
            when 'admin' then '{select,delete}'
          end
        when r.name = 'shop_events' and role = 'worker' then '{select,insert,delete}'
        when r.name = 'provider_tokens' then
          case role when 'worker' then '{select,insert,update,delete}' end
        when r.is_ledger then '{select,insert}'
        -- Past their time, or taken back by their own transaction.
        when r.name in (
            'idempotency_keys', 'order_sightings', 'order_risk_reasons', 'fulfillment_items',
            'customer_notifications', 'notification_suppressions', 'notification_templates',
            'stock_subscriptions', 'admin_contacts', 'tracking_schedule',
            'customer_tokens', 'routing_rules', 'api_nonces')
          or role = 'worker' and r.name in (
            'fulfillment_logs', 'notification_queue', 'notification_receipts', 'tickets',
            'webhook_deliveries', 'webhook_attempts', 'webhook_feed', 'webhook_events',
            'order_errors', 'pick_batches', 'pick_list_items')
          then '{select,insert,update,delete}'
        else '{select,insert,update}'
      end::text[]) as privilege
    ),
    present as (
      select r.oid, substr(g.rolname, 11) as role, lower(a.privilege_type) as privilege
      from relations as r
      join pg_class as c on c.oid = r.oid
      cross join lateral aclexplode(c.relacl) as a
      join pg_roles as g on g.oid = a.grantee
      where g.rolname ~ '^stevedore_(api|worker|admin|analyst|customer)$'
    )
    select
      format(
        case when missing then 'grant %s on %s%s to stevedore_%s'
          else 'revoke %s on %s%s from stevedore_%s' end,
        string_agg(privilege, ', '),
        (select 'sequence ' from pg_class where pg_class.oid = different.oid and relkind = 'S'),
        oid::regclass, role) as statement
    from (
      select oid, role, privilege, present.role is null as missing
      from wanted
      full join present using (oid, role, privilege)
      where wanted.role is null
        or present.role is null
    ) as different
    group by oid, role, missing
    order by oid::regclass::text, role
  loop
    execute v_change.statement;
  end loop;
end
$$;
