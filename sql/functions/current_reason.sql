-- Why: the reason that act_as() gave in this transaction, or null.
create or replace function current_reason()
returns text
language sql stable
parallel safe
return nullif(current_setting('stevedore.reason', true), '');

comment on function current_reason() is 'Why: as act_as() said in this transaction, or null.';
