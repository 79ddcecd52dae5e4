-- Writes one row of order_changes into the lines of its order. P0STT for units that are with a
-- provider or gone, P0VAL for more units than there are and for what is not sold.
-- Called by trg_order_changes_apply; the caller holds the order and its levels.
create or replace function change_lines(p_change order_changes)
returns void
language plpgsql volatile
as $$
declare
  v_line order_items;
  v_taken bigint;
  v_variant record;
begin
  if p_change.action = 'add_line' then
    select v.*, v.status = 'active' and p.status = 'active' as is_for_sale into v_variant
    from product_variants as v
    join products as p using (tenant_id, product_id)
    where v.tenant_id = p_change.tenant_id
      and v.variant_id = p_change.variant_id;
    if not v_variant.is_for_sale then
      perform refuse_field('sku', 'not_for_sale', 'is not for sale any more');
    elsif v_variant.requires_recipient_phone and p_change.recipient_phone is null then
      perform refuse_field('recipient_phone', 'required', 'is required: it is sent to a phone');
    end if;
    insert into order_items (
      tenant_id, order_id, variant_id, line_number, sku, title, quantity, unit_price, total_price,
      recipient_phone)
    select p_change.tenant_id, p_change.order_id, v_variant.variant_id,
      coalesce(max(line_number), 0) + 1, v_variant.sku, v_variant.title, p_change.quantity,
      v_variant.price, p_change.quantity * v_variant.price, p_change.recipient_phone
    from order_items
    where tenant_id = p_change.tenant_id
      and order_id = p_change.order_id;
    return;
  end if;

  select * into v_line
  from order_items
  where tenant_id = p_change.tenant_id
    and order_item_id = p_change.order_item_id;
  if p_change.action = 'add_units' then
    update order_items
    set
      quantity = quantity + p_change.quantity,
      total_price = unit_price * (quantity + p_change.quantity - quantity_cancelled)
    where tenant_id = p_change.tenant_id
      and order_item_id = p_change.order_item_id;
    return;
  end if;

  if p_change.quantity > v_line.quantity - v_line.quantity_cancelled then
    perform refuse_field('quantity', 'out_of_range', format(
      'is more than the %s units of the line', v_line.quantity - v_line.quantity_cancelled));
  end if;
  -- What did not begin was withdrawn before; what is left is with somebody, or gone.
  select coalesce(sum(fi.quantity), 0) into v_taken
  from fulfillment_items as fi
  join fulfillments as f using (tenant_id, order_id, fulfillment_id)
  where fi.tenant_id = p_change.tenant_id
    and fi.order_id = p_change.order_id
    and fi.order_item_id = p_change.order_item_id
    and f.status <> 'cancelled';
  if p_change.quantity > v_line.quantity - v_line.quantity_cancelled - v_taken then
    perform refuse_transition('order', null, 'cancelled', format(
      '%s units of line %s are with a provider or gone: they can not be cancelled any more',
      v_taken, v_line.line_number));
  end if;
  perform release_open_units(p_change.tenant_id, p_change.order_item_id, p_change.quantity,
    'ORDER_CHANGED');
  update order_items
  set
    quantity_cancelled = quantity_cancelled + p_change.quantity,
    total_price = unit_price * (quantity - quantity_cancelled - p_change.quantity)
  where tenant_id = p_change.tenant_id
    and order_item_id = p_change.order_item_id;
end
$$;

comment on function change_lines(order_changes) is
  'Writes a change into the lines of its order; P0STT, P0VAL. Called by triggers alone.';
