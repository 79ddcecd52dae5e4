-- A person let these held orders go on: what failed or was parked waits again, with a new job, and
-- the provider's attempts count anew. What was already sent keeps its job, or gets one.
-- What was sent without an answer stays marked lookup_first: the provider is asked, not sent again.
create or replace function reopen_fulfillments(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_open bigint[];
begin
  update fulfillments
  set status = 'pending', failures = 0
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status in ('failed', 'rejected', 'on_hold');
  select array_agg(fulfillment_id order by fulfillment_id) into v_open
  from fulfillments
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status in ('pending', 'submitted', 'accepted');
  perform enqueue_fulfillments(p_tenant, v_open);
end
$$;

comment on function reopen_fulfillments(uuid, bigint[]) is
  'Makes failed and parked fulfilments of resumed orders wait again; each open one has a job.';
