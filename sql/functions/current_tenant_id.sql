-- Whose rows a statement touches. A single shop never sets anything and is tenant …0001.
-- Stable and inlined by the planner: `tenant_id = current_tenant_id()` stays an index condition.
create or replace function current_tenant_id()
returns uuid
language sql
stable
parallel safe
return coalesce(
  nullif(current_setting('stevedore.tenant_id', true), '')::uuid,
  '00000000-0000-0000-0000-000000000001'::uuid
);

comment on function current_tenant_id() is
  'The tenant of the session (setting stevedore.tenant_id), or the single shop of an installation.';
