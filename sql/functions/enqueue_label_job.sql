-- Enqueues the purchase of a parcel's label; one unfinished job at most.
create or replace function enqueue_label_job(
  p_tenant uuid, p_order_id bigint, p_fulfillment_id bigint
)
returns void
language plpgsql volatile
as $$
begin
  perform from queue.enqueue_many(jsonb_build_array(jsonb_build_object(
    'kind', 'buy_label',
    'queue', 'fulfilment',
    'unique_key', 'buy_label:' || p_fulfillment_id,
    'group_key', 'order:' || p_order_id,
    'args', jsonb_build_object(
      'tenant_id', p_tenant,
      'order_id', p_order_id,
      'fulfillment_id', p_fulfillment_id))));
end
$$;

comment on function enqueue_label_job(uuid, bigint, bigint) is
  'Enqueues the purchase of a parcel''s label; one unfinished job at most.';
