-- Has the lanes of an endpoint looked at now: one deliver_webhook job a lane, which is there once
-- whatever wakes it. Whoever changes what a lane holds locks the endpoint, changes, and then calls
-- this; the job ends under the same lock, so that nothing is left lying.
create or replace function wake_webhooks(
  p_tenant uuid, p_endpoint_ids bigint[], p_lanes smallint[]
)
returns void
language plpgsql volatile
as $$
declare
  v_jobs jsonb;
begin
  select jsonb_agg(jsonb_build_object(
      'kind', 'deliver_webhook',
      'queue', 'webhooks',
      'unique_key', format('deliver_webhook:%s:%s', w.endpoint_id, w.lane),
      'replace', '["run_at"]'::jsonb,
      'run_at', clock_now(),
      'args', jsonb_build_object(
        'tenant_id', p_tenant, 'endpoint_id', w.endpoint_id, 'lane', w.lane))
      order by w.endpoint_id, w.lane)
  into v_jobs
  from (
    select distinct endpoint_id, lane
    from unnest(p_endpoint_ids, p_lanes) as u (endpoint_id, lane)
  ) as w;
  if v_jobs is not null then
    perform from queue.enqueue_many(v_jobs);
  end if;
end
$$;

comment on function wake_webhooks(uuid, bigint[], smallint[]) is
  'Has lanes of endpoints looked at now, by their deliver_webhook jobs.';
