-- The provider took it and works on it; its outcome is asked for later. Twice is once.
-- P0NOF, P0STT.
create or replace function sp_accept_fulfillment(
  p_fulfillment_id bigint,
  p_provider_order_id text,
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
  perform act_as(p_actor, null);
  update fulfillments
  set
    status = 'accepted',
    provider_order_id = coalesce(p_provider_order_id, provider_order_id)
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  perform act_as(null, null);
end
$$;

comment on function sp_accept_fulfillment(bigint, text, text, uuid) is
  'The provider took a fulfilment and works on it; twice is once. P0NOF, P0STT.';
