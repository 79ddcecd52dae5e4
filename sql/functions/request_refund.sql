-- Asks for money to be given back. p_amount null: all that is left; null is answered when nothing
-- is. Asking twice with one key is one refund; with another amount it is P0IDM.
--
-- What an order's payments can give back is taken from the oldest first; more than one refund row
-- comes of it only when no single payment has enough, and the first one's id is the answer.
-- Payments by wallet are given back at once. Those of an outside provider get a job
-- (refund_payment); cash and transfers stay pending until a person says settle_refund().
--
-- P0NOF; P0VAL (DETAIL: field amount) for more than can be given back.
-- Locks: order, payments, wallet. Call it before stock is touched: wallets come before levels.
create or replace function request_refund(
  p_order_id bigint,
  p_amount bigint,
  p_reason text,
  p_key text,
  p_actor text,
  p_return_id bigint default null,
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
  v_before record;
  v_first bigint;
  v_left bigint;
  v_refundable bigint;
  v_part record;
  v_refund_id bigint;
  v_part_number smallint := 0;
begin
  perform lock_order(p_tenant, p_order_id);
  select min(refund_id) as refund_id, sum(amount) as amount, min(order_id) as order_id
  into v_before
  from refunds
  where tenant_id = p_tenant
    and idempotency_key = p_key;
  if v_before.refund_id is not null then
    if v_before.order_id <> p_order_id or v_before.amount <> p_amount then
      raise exception 'the key of this refund was used for another one' using errcode = 'P0IDM';
    end if;
    return v_before.refund_id;
  end if;

  select coalesce(sum(refundable), 0) into v_refundable
  from refundable_payments(p_tenant, p_order_id);
  v_left := coalesce(p_amount, v_refundable);
  if p_amount is null and v_refundable = 0 then
    return null;
  end if;
  if v_left not between 1 and v_refundable then
    perform refuse_field('amount', 'out_of_range', format(
      'must be from 1 to %s: that much can be given back', v_refundable));
  end if;

  for v_part in
    select *
    from refundable_payments(p_tenant, p_order_id)
    where refundable > 0
    order by refundable < v_left, payment_id
  loop
    exit when v_left = 0;
    v_part_number := v_part_number + 1;
    insert into refunds (
      tenant_id, payment_id, order_id, return_id, currency, amount, reason, idempotency_key, part,
      requested_by)
    values (
      p_tenant, v_part.payment_id, p_order_id, p_return_id, v_part.currency,
      least(v_left, v_part.refundable), p_reason,
      p_key, v_part_number, p_actor)
    returning refund_id into v_refund_id;
    v_left := v_left - least(v_left, v_part.refundable);
    v_first := coalesce(v_first, v_refund_id);
  end loop;
  return v_first;
end
$$;

comment on function request_refund(bigint, bigint, text, text, text, bigint, uuid) is
  'Asks for money to be given back, once per key; null amount: all that is left. '
  'P0NOF, P0VAL, P0IDM.';
