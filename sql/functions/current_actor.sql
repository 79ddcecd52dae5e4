-- Who is acting: the actor that act_as() named in this transaction, else the database user.
create or replace function current_actor()
returns text
language sql stable
parallel safe
return coalesce(nullif(current_setting('stevedore.actor', true), ''), current_user);

comment on function current_actor() is
  'Who is acting: as act_as() said in this transaction, else the database user.';
