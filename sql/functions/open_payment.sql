-- Begins an attempt to pay for an order, or names one begun before by the provider's ids. An order
-- whose last attempt failed waits for its payment again, with its stock promised anew (P0INV when
-- that is gone). p_amount null: all of it.
-- P0NOF, P0STT once it is closed, P0VAL. Locks: order, levels, payment.
create or replace function open_payment(
  p_order_id bigint,
  p_provider text,
  p_payment_ref text default null,
  p_session_ref text default null,
  p_amount bigint default null,
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
  v_status constant text := lock_order(p_tenant, p_order_id);
  v_payment_id bigint;
begin
  select find_payment(p_tenant, p_provider, p_payment_ref, p_session_ref, null)
  into v_payment_id;
  if v_payment_id is not null then
    return v_payment_id;
  end if;
  if v_status in ('cancelled', 'expired') then
    perform refuse_transition('order', v_status, 'pending',
      format('an order that is %s takes no payment', v_status));
  end if;
  v_payment_id := add_payment(
    p_tenant, p_order_id, p_provider, p_payment_ref, p_session_ref, p_amount);
  if v_status = 'payment_failed' then
    update orders
    set order_status = 'pending'
    where tenant_id = p_tenant
      and order_id = p_order_id;
    perform follow_payments(p_tenant, array[p_order_id]);
  end if;
  return v_payment_id;
end
$$;

comment on function open_payment(bigint, text, text, text, bigint, uuid) is
  'Begins an attempt to pay for an order; P0NOF, P0STT, P0VAL, P0INV.';
