-- What: the two functions that column defaults of every later table call: the clock and the tenant.
-- Why here: functions live in sql/functions/, which is installed after the migrations, but a
--   table's default needs its function first. So this file makes them once, and
--   sql/functions/{clock_now,current_tenant_id}.sql own their text from then on (same signatures).
-- Locks: none on existing data. The previous release: there is none.

create function clock_now()
returns timestamptz
language sql
stable
parallel safe
return coalesce(nullif(current_setting('stevedore.now', true), '')::timestamptz, now());

create function current_tenant_id()
returns uuid
language sql
stable
parallel safe
return coalesce(
  nullif(current_setting('stevedore.tenant_id', true), '')::uuid,
  '00000000-0000-0000-0000-000000000001'::uuid
);
