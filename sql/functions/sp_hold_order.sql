-- Stops an order until a person lets it go on: fulfilments that did not begin wait.
-- Holding twice is once, for whatever reason; sp_add_hold() adds reasons. P0NOF, P0STT.
create or replace function sp_hold_order(
  p_order_id bigint,
  p_actor text,
  p_reason text,
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
  if lock_order(p_tenant, p_order_id) = 'on_hold' then
    return;
  end if;
  perform act_as(p_actor, p_reason);
  update orders
  set order_status = 'on_hold'
  where tenant_id = p_tenant
    and order_id = p_order_id;
  perform log_order(p_tenant, p_order_id, 'hold', jsonb_build_object('reason', p_reason));
  perform act_as(null, null);
end
$$;

comment on function sp_hold_order(bigint, text, text, uuid) is
  'Stops an order until sp_resume_order(); twice is once. P0NOF, P0STT.';
