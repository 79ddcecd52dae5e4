-- A place among the events, as readers keep it (`<transaction>-<event>`), in its two parts.
-- Raises P0VAL if it is none.
create or replace function event_place(
  p_position text,
  out transaction_id xid8,
  out event_id bigint
)
language plpgsql immutable
as $$
begin
  if p_position !~ '^[0-9]{1,18}-[0-9]{1,18}$' then
    perform refuse_field('after', 'invalid', 'is no position among events');
  end if;
  transaction_id := split_part(p_position, '-', 1)::xid8;
  event_id := split_part(p_position, '-', 2)::bigint;
end
$$;

comment on function event_place(text) is 'The two parts of a position among events; internal.';
