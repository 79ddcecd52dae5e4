-- A provider answered whether it gives a fulfilment up. If it does, the fulfilment is cancelled
-- with its parcels, and the order with the last of them. If it does not, the fulfilment goes on,
-- what waited for the answer begins, and the refusal is an error of the order for people to see
-- (and so a ticket); nothing is held: what goes on needs nobody. Twice is once. P0NOF.
-- p_code, p_message: why not; null: it does.
create or replace function sp_finish_cancellation(
  p_fulfillment_id bigint,
  p_code text default null,
  p_message text default null,
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
declare
  v_row constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_order orders;
begin
  if v_row.status <> 'cancellation_requested' then
    return;
  end if;
  perform act_as(p_actor, p_code);
  perform log_order(p_tenant, v_row.order_id, 'cancel_at_provider', jsonb_build_object(
    'fulfillment_id', p_fulfillment_id, 'provider', v_row.provider_code, 'refused', p_code));
  if p_code is not null then
    update fulfillments
    set status = 'accepted'
    where tenant_id = p_tenant
      and fulfillment_id = p_fulfillment_id;
    insert into order_errors (
      tenant_id, order_id, fulfillment_id, category, severity, stage, code, message)
    values (
      p_tenant, v_row.order_id, p_fulfillment_id, 'delivery', 'medium', 'cancellation', p_code,
      p_message);
    update orders
    set cancelled_by = null, cancel_reason = null
    where tenant_id = p_tenant
      and order_id = v_row.order_id
      and order_status <> 'cancelled';
    perform enqueue_fulfillments(p_tenant, array(
      select fulfillment_id
      from fulfillments
      where tenant_id = p_tenant
        and order_id = v_row.order_id
      order by fulfillment_id));
    perform act_as(null, null);
    return;
  end if;

  update fulfillments
  set status = 'cancelled', lookup_first = false
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id;
  update shipments
  set status = 'cancelled'
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id
    and status in ('pending', 'info_received');
  select * into v_order
  from orders
  where tenant_id = p_tenant
    and order_id = v_row.order_id;
  if order_obstacle(p_tenant, v_row.order_id, 'cancelled') is null and exists (
    select
    from order_state_transitions
    where axis = 'order'
      and from_status = v_order.order_status
      and to_status = 'cancelled'
  ) then
    perform sp_cancel_order(
      v_row.order_id, v_order.cancelled_by, v_order.cancel_reason, p_tenant);
  end if;
  perform act_as(null, null);
end
$$;

comment on function sp_finish_cancellation(bigint, text, text, text, uuid) is
  'A provider gave a fulfilment up, or refuses to: the order follows. Twice is once. P0NOF.';
