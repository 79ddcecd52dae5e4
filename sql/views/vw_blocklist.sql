-- Whom the shop does not serve.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_blocklist
with (security_invoker = true) as
select
  b.tenant_id,
  b.kind,
  b.value,
  b.reason,
  b.expires_at,
  b.created_by,
  b.created_at
from blocklist as b;

comment on view vw_blocklist is 'Whom the shop does not serve.';
comment on column vw_blocklist.tenant_id is 'The shop.';
comment on column vw_blocklist.kind is 'By what: phone, email, email_domain, ip or customer.';
comment on column vw_blocklist.value is 'Whom, lower case.';
comment on column vw_blocklist.reason is 'Why.';
comment on column vw_blocklist.expires_at is 'Until when.';
comment on column vw_blocklist.created_by is 'Who wrote it.';
comment on column vw_blocklist.created_at is 'When.';
