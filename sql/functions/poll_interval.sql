-- How long after a look at a parcel the next one is worth its call. Often when it is at the door,
-- rarely when it is far or nothing has been heard for long. docs/tracking.md counts the cost.
create or replace function poll_interval(
  p_status text, p_quiet interval, p_until_estimate interval
)
returns interval
language sql immutable
return case
  when p_status = 'out_for_delivery' then interval '20 minutes'
  when p_quiet > interval '14 days' then interval '1 day'
  when p_quiet > interval '5 days' then interval '12 hours'
  when p_status in ('attempt_failed', 'exception') then interval '3 hours'
  when p_status = 'available_for_pickup' then interval '6 hours'
  when p_status in ('pending', 'info_received') then interval '6 hours'
  when p_until_estimate > interval '3 days' then interval '12 hours'
  when p_until_estimate < interval '1 day' then interval '2 hours'
  else interval '4 hours'
end;

comment on function poll_interval(text, interval, interval) is
  'How long until a parcel is asked for again: by its state, its silence, the carrier''s estimate.';
