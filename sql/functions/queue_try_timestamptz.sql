-- A time from text, null when it is none. (PostgreSQL 16 has pg_input_is_valid; 15 has not.)
-- Names of moments such as "now" and "tomorrow" are refused: they are not data.
create or replace function queue.try_timestamptz(p_text text)
returns timestamptz
language plpgsql stable
as $$
begin
  if p_text !~ '^[0-9]' then
    return null;
  end if;
  return p_text::timestamptz;
exception
  when data_exception then
    return null;
end
$$;

comment on function queue.try_timestamptz(text) is 'A time from text; null when it is not one.';
