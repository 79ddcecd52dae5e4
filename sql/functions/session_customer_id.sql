-- The customer that this session acts for, or null: row security then shows nothing.
create or replace function session_customer_id()
returns bigint
language sql
stable
parallel safe
return nullif(current_setting('stevedore.customer_id', true), '')::bigint;

comment on function session_customer_id() is
  'The customer of the session (setting stevedore.customer_id); null, which no row is of, when '
  'unset.';
