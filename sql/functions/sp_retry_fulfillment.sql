-- An attempt failed. If the provider surely did not take it, the fulfilment waits again; else
-- (p_lookup_first) it stays submitted, so that the next attempt asks before it sends and nobody
-- cancels it meanwhile. P0NOF, P0STT.
create or replace function sp_retry_fulfillment(
  p_fulfillment_id bigint,
  p_code text,
  p_message text,
  p_lookup_first boolean default false,
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  perform lock_fulfillment(p_tenant, p_fulfillment_id);
  perform act_as(p_actor, p_code);
  update fulfillments
  set
    status = case when p_lookup_first then status else 'failed' end,
    failures = failures + 1,
    lookup_first = p_lookup_first,
    last_error_code = p_code,
    last_error_message = p_message
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  update fulfillments
  set status = 'pending'
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id
    and not p_lookup_first;
  perform act_as(null, null);
end
$$;

comment on function sp_retry_fulfillment(bigint, text, text, boolean, text, uuid) is
  'An attempt failed and another follows: the fulfilment waits, or stays submitted. P0NOF, P0STT.';
