-- When quiet hours that hold at a moment end; null when none do. They may go past midnight, and
-- follow the zone's own clock, whatever it does to a day.
create or replace function quiet_until(
  p_at timestamptz, p_time_zone text, p_quiet_from time, p_quiet_until time
)
returns timestamptz
language sql immutable
return (
  select case
    when p_quiet_from < p_quiet_until then
      case when l.clock >= p_quiet_from and l.clock < p_quiet_until
        then (l.day + p_quiet_until) at time zone p_time_zone end
    when p_quiet_from > p_quiet_until then
      case
        when l.clock >= p_quiet_from then (l.day + 1 + p_quiet_until) at time zone p_time_zone
        when l.clock < p_quiet_until then (l.day + p_quiet_until) at time zone p_time_zone
      end
  end
  from (
    select
      (p_at at time zone p_time_zone)::date as day,
      (p_at at time zone p_time_zone)::time as clock
  ) as l
);

comment on function quiet_until(timestamptz, text, time, time) is
  'When quiet hours that hold at a moment end; null when none do.';
