-- Enqueues the fulfil_order job of each of these fulfilments that is not ended. A fulfilment whose
-- job is still unfinished keeps it (unique key). Fulfilments of one order never run at once.
create or replace function enqueue_fulfillments(p_tenant uuid, p_fulfillment_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_jobs jsonb;
begin
  select jsonb_agg(jsonb_build_object(
      'kind', 'fulfil_order',
      'queue', 'fulfilment',
      'unique_key', 'fulfil_order:' || f.fulfillment_id,
      'group_key', 'order:' || f.order_id,
      'trace_context', o.traceparent,
      'args', jsonb_build_object(
        'tenant_id', f.tenant_id,
        'order_id', f.order_id,
        'fulfillment_id', f.fulfillment_id,
        'provider', f.provider_code))
      order by f.fulfillment_id)
  into v_jobs
  from fulfillments as f
  join orders as o using (tenant_id, order_id)
  where f.tenant_id = p_tenant
    and f.fulfillment_id = any (p_fulfillment_ids)
    and f.status in ('pending', 'submitted', 'accepted')
    and f.provider_code not in ('manual', 'warehouse')
    and f.handed_over_at is null
    and not f.awaits_stock;
  if v_jobs is null then
    return 0;
  end if;
  perform from queue.enqueue_many(v_jobs);
  return jsonb_array_length(v_jobs);
end
$$;

comment on function enqueue_fulfillments(uuid, bigint[]) is
  'Enqueues the jobs of open fulfilments; one unfinished job each at most.';
