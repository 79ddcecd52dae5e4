-- A worker began it and could not call the provider, which may not be called now: nothing was
-- sent, so it waits as before, and no attempt at the provider is counted. P0NOF, P0STT.
create or replace function sp_postpone_fulfillment(
  p_fulfillment_id bigint,
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
  perform act_as(p_actor, 'provider_held');
  update fulfillments
  set status = 'failed', lookup_first = false
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  update fulfillments
  set status = 'pending'
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  perform act_as(null, null);
end
$$;

comment on function sp_postpone_fulfillment(bigint, text, uuid) is
  'Nothing was sent, since the provider may not be called now: the fulfilment waits again.';
