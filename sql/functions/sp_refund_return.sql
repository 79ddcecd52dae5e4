-- Gives back what an inspected return is worth, or p_amount: at most what was paid and is still
-- here. Answers the refund's id, null if nothing had been paid. Twice is once. P0NOF, P0STT, P0VAL.
create or replace function sp_refund_return(
  p_return_id bigint,
  p_amount bigint,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_return constant returns := lock_return(p_tenant, p_return_id);
  v_paid bigint;
  v_amount bigint;
  v_refund_id bigint;
begin
  if v_return.status = 'refunded' then
    return v_return.refund_id;
  elsif v_return.status <> 'inspected' then
    perform refuse_transition('return', v_return.status, 'refunded');
  end if;
  if p_amount not between 0 and return_value(p_tenant, p_return_id) then
    perform refuse_field('amount', 'out_of_range', format('must be from 0 to %s, the worth of it',
      return_value(p_tenant, p_return_id)));
  end if;
  perform act_as(p_actor, null);
  select coalesce(sum(refundable), 0) into v_paid
  from refundable_payments(p_tenant, v_return.order_id);
  v_amount := least(coalesce(p_amount, return_value(p_tenant, p_return_id)), v_paid);
  if v_amount > 0 then
    v_refund_id := request_refund(v_return.order_id, v_amount,
      'return ' || v_return.rma_number, 'return:' || p_return_id, p_actor, p_return_id, p_tenant);
  end if;
  update returns
  set status = 'refunded', refund_amount = v_amount, refund_id = v_refund_id
  where tenant_id = p_tenant
    and return_id = p_return_id;
  perform log_order(p_tenant, v_return.order_id, 'return_refunded', jsonb_build_object(
    'return_id', p_return_id, 'amount', v_amount, 'refund_id', v_refund_id));
  perform act_as(null, null);
  return v_refund_id;
end
$$;

comment on function sp_refund_return(bigint, bigint, text, uuid) is
  'Gives back what a return is worth, at most what was paid; twice is once. P0NOF, P0STT, P0VAL.';
