-- Somebody has the fulfilments of an order, or one of them, carried out now; answers how many jobs
-- will run. p_action:
--   trigger  what is open gets its job, and a job that waits for its next attempt runs now
--   retry    the same, and an order on hold is resumed first, so that what failed is tried again
--   verify   the same for what was sent: the provider is asked for it first, and not sent it again
-- P0NOF; P0STT for an order on hold (but retry), or one that has nothing to be carried out.
-- Locks: the order, its fulfilments, their jobs.
create or replace function sp_run_fulfillments(
  p_order_id bigint,
  p_action text,
  p_actor text,
  p_fulfillment_id bigint default null,
  p_tenant uuid default current_tenant_id()
)
returns integer
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_status constant text := lock_order(p_tenant, p_order_id);
  v_open bigint[];
begin
  if v_status = 'on_hold' and p_action = 'retry' then
    perform sp_resume_order(p_order_id, p_actor, null, p_tenant);
  elsif v_status = 'on_hold' then
    perform refuse_transition('order', v_status, 'processing', 'the order is on hold');
  end if;
  perform act_as(p_actor, p_action);
  update fulfillments
  set lookup_first = true
  where p_action = 'verify'
    and tenant_id = p_tenant
    and order_id = p_order_id
    and (p_fulfillment_id is null or fulfillment_id = p_fulfillment_id)
    and status in ('submitted', 'accepted')
    and not lookup_first;
  select array_agg(fulfillment_id order by fulfillment_id) into v_open
  from fulfillments
  where tenant_id = p_tenant
    and order_id = p_order_id
    and (p_fulfillment_id is null or fulfillment_id = p_fulfillment_id)
    and (status in ('submitted', 'accepted') or status = 'pending' and p_action <> 'verify')
    and provider_code <> 'manual'
    and not awaits_stock;
  if v_open is null then
    perform refuse_transition('order', v_status, 'processing',
      format('nothing of the order can be carried out by %s', p_action));
  end if;
  perform enqueue_fulfillments(p_tenant, v_open);
  perform hurry_fulfillments(v_open);
  perform log_order(p_tenant, p_order_id, p_action, jsonb_build_object('fulfillments', v_open));
  perform act_as(null, null);
  return cardinality(v_open);
end
$$;

comment on function sp_run_fulfillments(bigint, text, text, bigint, uuid) is
  'Has fulfilments of an order carried out now: trigger, retry or verify. P0NOF, P0STT.';
