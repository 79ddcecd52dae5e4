-- The shop that this session said it is of, or null: unlike current_tenant_id() it has no default,
-- so that row security shows nothing to whoever forgot to say.
create or replace function session_tenant_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('stevedore.tenant_id', true), '')::uuid;

comment on function session_tenant_id() is
  'The shop of the session (setting stevedore.tenant_id); null, which no row has, when unset.';
