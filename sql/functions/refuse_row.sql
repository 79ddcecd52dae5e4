-- Refuses a row as PostgreSQL itself does when it breaks a check, under the name of the rule.
create or replace function refuse_row(p_table regclass, p_rule text)
returns void
language plpgsql stable
as $$
begin
  raise exception 'new row for relation "%" violates check constraint "%"', p_table, p_rule
    using errcode = '23514', constraint = p_rule, table = p_table::text;
end
$$;

comment on function refuse_row(regclass, text) is
  'Raises that a row breaks a rule of its table (23514); internal to the *_is_sound functions.';
