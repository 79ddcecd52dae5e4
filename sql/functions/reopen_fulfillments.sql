-- A person let these held orders go on: what failed or was parked waits again, with a new job.
-- What was sent without an answer stays marked lookup_first: the provider is asked, not sent again.
create or replace function reopen_fulfillments(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_waiting bigint[];
begin
  update fulfillments
  set status = 'pending'
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status in ('failed', 'rejected', 'on_hold');
  select array_agg(fulfillment_id order by fulfillment_id) into v_waiting
  from fulfillments
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status = 'pending';
  perform enqueue_fulfillments(p_tenant, v_waiting);
end
$$;

comment on function reopen_fulfillments(uuid, bigint[]) is
  'Makes the failed and parked fulfilments of resumed orders wait again, each with a job.';
