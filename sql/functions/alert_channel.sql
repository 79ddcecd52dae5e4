-- Tells the shop's people that a channel refuses us, once a day per code: nothing leaves by it
-- until somebody repairs the account or its settings.
create or replace function alert_channel(p_tenant uuid, p_provider text, p_error_code text)
returns void
language plpgsql volatile
as $$
begin
  perform notify_admins(
    'system_health',
    jsonb_build_object(
      'summary', format('%s refuses our messages with code %s', p_provider, p_error_code),
      'message', 'Notices by this channel wait or fail until its account or settings are repaired.'
    ),
    format('channel:%s:%s:%s', p_provider, p_error_code, (clock_now() at time zone 'UTC')::date),
    p_tenant);
end
$$;

comment on function alert_channel(uuid, text, text) is
  'Tells admins, once a day, that a channel refuses us.';
