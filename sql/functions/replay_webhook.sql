-- Lets an event be processed again, whatever came of it: one that failed, is dead, or was ignored
-- by an older release. What it had effect on already, it has no second effect on. Answers its job;
-- asked twice while that waits or runs, it is one. P0NOF.
-- Locks: the event.
create or replace function replay_webhook(
  p_webhook_event_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_job_id bigint;
begin
  update webhook_events
  set status = 'received', attempts = 0, error = null, processed_at = null,
    updated_at = clock_now()
  where tenant_id = p_tenant
    and webhook_event_id = p_webhook_event_id;
  if not found then
    raise exception 'there is no webhook event %', p_webhook_event_id using errcode = 'P0NOF';
  end if;
  select job_id into v_job_id
  from queue.enqueue(
    p_kind => 'ingest_webhook',
    p_queue => 'webhooks',
    p_unique_key => 'replay_webhook:' || p_webhook_event_id,
    p_args => jsonb_build_object(
      'tenant_id', p_tenant,
      'webhook_event_id', p_webhook_event_id));
  return v_job_id;
end
$$;

comment on function replay_webhook(bigint, uuid) is
  'Lets an event be processed again; answers its job. P0NOF.';
