-- A round is given up: what it fetched goes back, and its parcels wait for another round, unless
-- one is still under way for them or they are packed. Twice is once. P0NOF; P0STT if it is done.
-- Locks: the orders (ascending), the round.
create or replace function sp_cancel_pick_batch(
  p_pick_batch_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_status text;
begin
  perform
  from orders
  where tenant_id = p_tenant
    and order_id in (
      select order_id
      from pick_list_items
      where tenant_id = p_tenant
        and pick_batch_id = p_pick_batch_id)
  order by order_id
  for no key update;
  select status into v_status
  from pick_batches
  where tenant_id = p_tenant
    and pick_batch_id = p_pick_batch_id
  for no key update;
  if not found then
    raise exception 'there is no pick list %', p_pick_batch_id using errcode = 'P0NOF';
  end if;
  if v_status = 'cancelled' then
    return;
  elsif v_status = 'completed' then
    perform refuse_transition('pick list', v_status, 'cancelled');
  end if;
  update pick_batches
  set status = 'cancelled'
  where tenant_id = p_tenant
    and pick_batch_id = p_pick_batch_id;
  update fulfillments as f
  set status = 'pending'
  where f.tenant_id = p_tenant
    and f.status = 'picking'
    and f.fulfillment_id in (
      select fulfillment_id
      from pick_list_items
      where tenant_id = p_tenant
        and pick_batch_id = p_pick_batch_id)
    and not exists (
      select
      from pick_list_items as p
      join pick_batches as b using (tenant_id, pick_batch_id)
      where p.tenant_id = p_tenant
        and p.fulfillment_id = f.fulfillment_id
        and b.status <> 'cancelled');
end
$$;

comment on function sp_cancel_pick_batch(bigint, uuid) is
  'Gives up a round; its parcels wait for another. Twice is once. P0NOF, P0STT.';
