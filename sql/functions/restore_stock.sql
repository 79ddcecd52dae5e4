-- Gives back what an order holds because its payment failed (PAYMENT_FAILED) or it was cancelled
-- (ORDER_CANCELLED); the name that earlier systems call. The order takes the state that this means,
-- as far as its states allow, and its triggers give the stock back: whoever calls it, how often,
-- and in which order, every unit comes back once. Answers how many units came back in this call.
-- P0NOF; P0VAL for another reason; P0STT when units are gone, or a provider may have the order.
create or replace function restore_stock(
  p_order_id bigint,
  p_reason text,
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
  v_status text;
  v_held bigint;
begin
  if coalesce(p_reason, '') not in ('PAYMENT_FAILED', 'ORDER_CANCELLED') then
    raise exception 'stock is restored for PAYMENT_FAILED or ORDER_CANCELLED'
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object('field', 'reason',
        'code', 'unknown', 'message', 'must be PAYMENT_FAILED or ORDER_CANCELLED'))::text;
  end if;
  v_status := lock_order(p_tenant, p_order_id);
  select coalesce(sum(quantity), 0) into v_held
  from inventory_reservations
  where tenant_id = p_tenant
    and order_id = p_order_id
    and status in ('reserved', 'committed');
  if v_status in ('cancelled', 'expired')
    or v_status = 'payment_failed' and p_reason = 'PAYMENT_FAILED'
  then
    return 0;
  end if;
  if p_reason = 'ORDER_CANCELLED' then
    perform sp_cancel_order(p_order_id, current_actor(), p_reason, p_tenant);
  else
    perform act_as(current_actor(), p_reason);
    update orders
    set order_status = 'payment_failed'
    where tenant_id = p_tenant
      and order_id = p_order_id;
    perform act_as(null, null);
  end if;
  return v_held;
end
$$;

comment on function restore_stock(bigint, text, uuid) is
  'Gives back what an order holds, PAYMENT_FAILED or ORDER_CANCELLED; twice is once.';
