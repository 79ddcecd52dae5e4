-- The provider can't be reached and surely has nothing of this fulfilment: it is cancelled, and the
-- next provider of its route that works is asked in its place. Answers the new fulfilment, or null
-- when nobody is left, or it is not known that nothing was sent: then nothing changes.
-- p_unsent: the caller's attempt knows that nothing was sent, though it began.
-- Locks: the order, the fulfilment, as all do. P0NOF.
create or replace function sp_fail_over_fulfillment(
  p_fulfillment_id bigint,
  p_unsent boolean default false,
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_old constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_next record;
  v_new_id bigint;
begin
  if v_old.provider_order_id is not null
    or not (v_old.status = 'pending' and not v_old.lookup_first
      or v_old.status = 'submitted' and p_unsent)
  then
    return null;
  end if;
  with recursive tried as (
    select f.replaces_id, f.provider_code, f.account
    from fulfillments as f
    where f.tenant_id = p_tenant and f.fulfillment_id = p_fulfillment_id
    union all
    select f.replaces_id, f.provider_code, f.account
    from tried
    join fulfillments as f on f.tenant_id = p_tenant and f.fulfillment_id = tried.replaces_id
  )
  select c.provider_code, c.account, min(c.service) as service, min(c.place) as place
  into v_next
  from route_candidates(p_tenant, array[v_old.order_id], true) as c
  where c.order_item_id in (
      select order_item_id from fulfillment_items
      where tenant_id = p_tenant and fulfillment_id = p_fulfillment_id)
    and not c.is_open
    and c.provider_code <> 'manual'
    and (c.provider_code, c.account) not in (select provider_code, account from tried)
  group by c.provider_code, c.account
  -- Whoever takes over takes all of it.
  having count(*) = (
    select count(distinct order_item_id) from fulfillment_items
    where tenant_id = p_tenant and fulfillment_id = p_fulfillment_id)
  order by 4
  limit 1;
  if not found then
    return null;
  end if;

  perform act_as(p_actor, 'fail_over');
  insert into fulfillments (
    tenant_id, order_id, provider_code, service, account, location_id, awaits_stock, replaces_id)
  values (
    p_tenant, v_old.order_id, v_next.provider_code, v_next.service, v_next.account,
    v_old.location_id, v_old.awaits_stock, p_fulfillment_id)
  returning fulfillment_id into v_new_id;
  insert into fulfillment_items (
    tenant_id, fulfillment_id, order_id, order_item_id, reservation_id, quantity)
  select tenant_id, v_new_id, order_id, order_item_id, reservation_id, quantity
  from fulfillment_items
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  if v_old.status = 'submitted' then
    update fulfillments
    set status = 'failed', lookup_first = false
    where tenant_id = p_tenant and fulfillment_id = p_fulfillment_id;
  end if;
  update fulfillments
  set status = 'cancelled', lookup_first = false
  where tenant_id = p_tenant and fulfillment_id = p_fulfillment_id;
  perform log_order(p_tenant, v_old.order_id, 'fail_over', jsonb_build_object(
    'fulfillment_id', p_fulfillment_id, 'from', v_old.provider_code,
    'into', v_new_id, 'to', v_next.provider_code));
  perform act_as(null, null);
  return v_new_id;
end
$$;

comment on function sp_fail_over_fulfillment(bigint, boolean, text, uuid) is
  'Asks the next provider in place of one that can''t be reached and has nothing of it.';
