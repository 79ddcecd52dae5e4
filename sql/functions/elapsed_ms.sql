-- Milliseconds from a time to now, 0 at least: clocks of tests (and of machines) may be set back.
create or replace function elapsed_ms(p_since timestamptz)
returns bigint
language sql stable
parallel safe
return greatest(0, (extract(epoch from clock_now() - p_since) * 1000)::bigint);

comment on function elapsed_ms(timestamptz) is 'Milliseconds from a time to now, 0 at least.';
