-- Releases one hold of an order; answers whether the order goes on, since it was the last one.
-- Twice is once. P0NOF.
create or replace function sp_release_hold(
  p_order_id bigint,
  p_order_hold_id bigint,
  p_actor text,
  p_notes text default null,
  p_tenant uuid default current_tenant_id()
)
returns boolean
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_released_at timestamptz;
begin
  perform lock_order(p_tenant, p_order_id);
  select released_at into v_released_at
  from order_holds
  where tenant_id = p_tenant
    and order_hold_id = p_order_hold_id
    and order_id = p_order_id;
  if not found then
    raise exception 'order % has no hold %', p_order_id, p_order_hold_id using errcode = 'P0NOF';
  end if;
  if v_released_at is null then
    perform act_as(p_actor, p_notes);
    perform log_order(p_tenant, p_order_id, 'release', jsonb_build_object(
      'order_hold_id', p_order_hold_id, 'notes', p_notes));
    update order_holds
    set released_at = clock_now(), released_by = current_actor(), release_notes = p_notes
    where tenant_id = p_tenant
      and order_hold_id = p_order_hold_id;
    perform act_as(null, null);
  end if;
  return (
    select order_status <> 'on_hold'
    from orders
    where tenant_id = p_tenant
      and order_id = p_order_id);
end
$$;

comment on function sp_release_hold(bigint, bigint, text, text, uuid) is
  'Releases one hold; true if the order goes on. Twice is once. P0NOF.';
