-- Providers that can be asked to give an order up are asked, by a job for each fulfilment that they
-- have: cancellation_requested. False if there is nothing to ask, or something is with somebody who
-- can't be asked, or has left: then nothing changes. What did not begin does not begin meanwhile
-- (sp_begin_fulfillment). Who cancels, and why, is kept until the answers are there.
-- The list is that of the providers whose FulfilmentProvider::cancel() asks.
-- The caller holds the order's row.
create or replace function ask_to_cancel(
  p_tenant uuid, p_order_id bigint, p_actor text, p_reason text
)
returns boolean
language plpgsql volatile
as $$
declare
  c_can_cancel constant text[] := '{prodigi,shiprocket}';
  v_asked bigint[];
  v_jobs jsonb;
begin
  select array_agg(f.fulfillment_id order by f.fulfillment_id) into v_asked
  from fulfillments as f
  where f.tenant_id = p_tenant
    and f.order_id = p_order_id
    and f.status <> 'cancelled'
    and (f.lookup_first or f.status in ('submitted', 'accepted', 'cancellation_requested',
      'shipped', 'delivered', 'returned'))
  having bool_and(f.provider_code = any (c_can_cancel)
    and f.status in ('submitted', 'accepted', 'cancellation_requested'));
  if v_asked is null or not exists (
    select
    from orders as o
    join order_state_transitions as t
      on t.axis = 'order' and t.from_status = o.order_status and t.to_status = 'cancelled'
    where o.tenant_id = p_tenant
      and o.order_id = p_order_id
  ) then
    return false;
  end if;

  with asked as (
    update fulfillments
    set status = 'cancellation_requested'
    where tenant_id = p_tenant
      and fulfillment_id = any (v_asked)
      and status <> 'cancellation_requested'
    returning fulfillment_id, provider_code
  )
  select jsonb_agg(jsonb_build_object(
      'kind', 'cancel_fulfillment',
      'queue', 'fulfilment',
      'unique_key', 'cancel_fulfillment:' || fulfillment_id,
      -- Never beside the job that sends it.
      'group_key', 'order:' || p_order_id,
      'args', jsonb_build_object(
        'tenant_id', p_tenant,
        'order_id', p_order_id,
        'fulfillment_id', fulfillment_id,
        'provider', provider_code))
      order by fulfillment_id)
  into v_jobs
  from asked;
  if v_jobs is not null then
    -- Whoever waits to ask how it goes would keep the others of its group waiting.
    perform queue.cancel_by_unique_key('fulfil_order:' || (job #>> '{args,fulfillment_id}'))
    from jsonb_array_elements(v_jobs) as job;
    perform from queue.enqueue_many(v_jobs);
  end if;
  update orders
  set cancelled_by = p_actor, cancel_reason = p_reason
  where tenant_id = p_tenant
    and order_id = p_order_id;
  return true;
end
$$;

comment on function ask_to_cancel(uuid, bigint, text, text) is
  'Asks the providers that have an order to give it up; false if that is not possible.';
