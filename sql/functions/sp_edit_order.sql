-- Edits an order before its goods went. p_lines: what its lines shall be, [{"line_number",
-- "quantity"} | {"sku", "quantity", "recipient_phone"}], where quantity 0 takes a line out and
-- lines that are not named stay; p_address: the new shipping address, or null. All or nothing;
-- asking for what is there already changes nothing.
--
-- Answers {total_before, total_amount, refund_id, amount_due}: what the customer still has to pay
-- of an order that was paid before it grew.
-- P0NOF, P0STT, P0INV; P0VAL (DETAIL: every problem at once).
create or replace function sp_edit_order(
  p_order_id bigint,
  p_lines jsonb,
  p_address jsonb,
  p_actor text,
  p_reason text default null,
  p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_problems constant jsonb := edit_problems(p_order_id, p_lines, p_tenant);
  v_before orders;
  v_after orders;
  v_change_id bigint;
  v_paid bigint;
begin
  perform lock_order(p_tenant, p_order_id);
  if v_problems <> '[]' then
    raise exception 'the edit is invalid: % %',
        v_problems->0->>'field', v_problems->0->>'message'
      using errcode = 'P0VAL', detail = v_problems::text;
  end if;
  select * into v_before from orders where tenant_id = p_tenant and order_id = p_order_id;
  perform act_as(p_actor, p_reason);
  update orders
  set shipping_address = p_address
  where tenant_id = p_tenant
    and order_id = p_order_id
    and p_address is not null
    and shipping_address is distinct from p_address;

  with wanted as (
    select
      oi.order_item_id,
      v.variant_id,
      (n.line->>'quantity')::integer - coalesce(oi.quantity - oi.quantity_cancelled, 0) as more,
      n.line->>'recipient_phone' as recipient_phone
    from jsonb_array_elements(coalesce(p_lines, '[]')) with ordinality as n (line, place)
    left join order_items as oi
      on oi.tenant_id = p_tenant and oi.order_id = p_order_id
      and oi.line_number = (n.line->>'line_number')::integer
    left join product_variants as v
      on v.tenant_id = p_tenant and v.sku = btrim(n.line->>'sku') and oi.order_item_id is null
    order by n.place
  ),
  changed as (
    insert into order_changes (
      tenant_id, order_id, action, order_item_id, variant_id, quantity, recipient_phone, reason,
      changed_by)
    select p_tenant, p_order_id,
      case when order_item_id is null then 'add_line'
        when more > 0 then 'add_units' else 'cancel_units' end,
      order_item_id, variant_id, abs(more), recipient_phone, p_reason, current_actor()
    from wanted
    where more <> 0
    returning order_change_id
  )
  select min(order_change_id) into v_change_id from changed;

  select * into v_after from orders where tenant_id = p_tenant and order_id = p_order_id;
  select sum(refundable) into v_paid from refundable_payments(p_tenant, p_order_id);
  if v_change_id is not null then
    perform log_order(p_tenant, p_order_id, 'edit', jsonb_build_object(
      'lines', p_lines, 'reason', p_reason, 'total_before', v_before.total_amount,
      'total_amount', v_after.total_amount));
  end if;
  perform act_as(null, null);
  return jsonb_build_object(
    'total_before', v_before.total_amount,
    'total_amount', v_after.total_amount,
    'refund_id', (
      select min(refund_id)
      from refunds
      where tenant_id = p_tenant
        and idempotency_key = 'change:' || v_change_id),
    'amount_due', case when v_before.payment_status in ('paid', 'partially_refunded')
      then greatest(0, v_after.total_amount - coalesce(v_paid, 0)) else 0 end);
end
$$;

comment on function sp_edit_order(bigint, jsonb, jsonb, text, text, uuid) is
  'Edits the lines and address of an order before its goods went; P0NOF, P0STT, P0INV, P0VAL.';
