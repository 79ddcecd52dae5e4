-- What a fulfilment delivers, with what its provider needs to know, as a JSON array.
create or replace function fulfillment_lines(p_tenant uuid, p_fulfillment_id bigint)
returns jsonb
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'order_item_id', n.order_item_id,
        'sku', oi.sku,
        'title', oi.title,
        'quantity', n.quantity,
        'recipient_phone', oi.recipient_phone,
        'attributes', v.attributes,
        'unit_price', oi.unit_price,
        'weight_g', v.weight_g,
        'length_mm', v.length_mm,
        'width_mm', v.width_mm,
        'height_mm', v.height_mm,
        'hs_code', v.hs_code,
        'origin_country', v.origin_country,
        'customs_description', v.customs_description,
        'customs_value', v.customs_value)
      order by oi.line_number), '[]')
    from (
      -- A digital line whose units come from two locations is still one line to its provider.
      select fi.order_id, fi.order_item_id, sum(fi.quantity) as quantity
      from fulfillment_items as fi
      where fi.tenant_id = p_tenant
        and fi.fulfillment_id = p_fulfillment_id
      group by fi.order_id, fi.order_item_id
    ) as n
    join order_items as oi
      on oi.tenant_id = p_tenant and oi.order_item_id = n.order_item_id
    join product_variants as v
      on v.tenant_id = p_tenant and v.variant_id = oi.variant_id
  );
end
$$;

comment on function fulfillment_lines(uuid, bigint) is
  'What a fulfilment delivers: [{order_item_id, sku, title, quantity, recipient_phone, '
  'attributes, unit_price, weight_g, length_mm, width_mm, height_mm, hs_code, origin_country, '
  'customs_description, customs_value}].';
