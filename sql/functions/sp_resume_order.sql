-- Lets a held order go on: failed and parked fulfilments are tried again with new jobs (after
-- asking the provider, where the outcome is unknown). An order that was never confirmed waits for
-- its confirmation again. P0NOF; P0STT if it is not held.
create or replace function sp_resume_order(
  p_order_id bigint,
  p_actor text,
  p_notes text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_status constant text := lock_order(p_tenant, p_order_id);
begin
  if v_status <> 'on_hold' then
    perform refuse_transition('order', v_status, 'confirmed', 'only an order on hold is resumed');
  end if;
  perform act_as(p_actor, p_notes);
  update orders
  set order_status = case when confirmed_at is null then 'pending' else 'confirmed' end
  where tenant_id = p_tenant
    and order_id = p_order_id;
  perform log_order(p_tenant, p_order_id, 'resume', jsonb_build_object('notes', p_notes));
  perform act_as(null, null);
end
$$;

comment on function sp_resume_order(bigint, text, text, uuid) is
  'Lets a held order go on, with new jobs for what failed; P0NOF, P0STT.';
