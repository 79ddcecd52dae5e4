-- What a parcel service has to know of a fulfilment besides its lines: weight and box, the money
-- of exactly these goods, what is to be collected on delivery, and what customs ask.
--
-- Shipping, tax and discount are of the whole order. Each fulfilment bears its share by value; the
-- shares are differences of rounded running sums, so that together they are the order's to the
-- last minor unit, and a customer who pays the couriers pays what was agreed.
-- The box of goods with sizes is the pile of them: the largest length and width, all heights.
create or replace function fulfillment_parcel(p_tenant uuid, p_fulfillment_id bigint)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    with setting as (
      select coalesce(s.default_weight_g, 500) as weight_g,
        coalesce(s.packaging_weight_g, 0) as packaging_weight_g,
        coalesce(s.default_length_mm, 300) as length_mm,
        coalesce(s.default_width_mm, 200) as width_mm,
        coalesce(s.default_height_mm, 100) as height_mm,
        s.origin_country,
        coalesce(s.incoterm, 'DAP') as incoterm
      from (select) as always
      left join order_settings as s on s.tenant_id = p_tenant
    ),
    goods as (
      select sum(fi.quantity * coalesce(v.weight_g, setting.weight_g))
          + min(setting.packaging_weight_g) as weight_g,
        bool_and(v.length_mm is not null) as has_size,
        max(v.length_mm) as length_mm,
        max(v.width_mm) as width_mm,
        sum(fi.quantity * v.height_mm) as height_mm
      from fulfillment_items as fi
      join order_items as oi
        on oi.tenant_id = p_tenant and oi.order_item_id = fi.order_item_id
      join product_variants as v
        on v.tenant_id = p_tenant and v.variant_id = oi.variant_id
      cross join setting
      where fi.tenant_id = p_tenant
        and fi.fulfillment_id = p_fulfillment_id
    ),
    part as (
      select sum(n.value) filter (where n.fulfillment_id < p_fulfillment_id) as before,
        sum(n.value) filter (where n.fulfillment_id = p_fulfillment_id) as value
      from (
        select f.fulfillment_id, fi.quantity * oi.unit_price as value
        from fulfillments as mine
        join fulfillments as f
          on f.tenant_id = p_tenant and f.order_id = mine.order_id
        join fulfillment_items as fi
          on fi.tenant_id = p_tenant and fi.fulfillment_id = f.fulfillment_id
        join order_items as oi
          on oi.tenant_id = p_tenant and oi.order_item_id = fi.order_item_id
        where mine.tenant_id = p_tenant
          and mine.fulfillment_id = p_fulfillment_id
          and f.fulfillment_id <= p_fulfillment_id
          and f.status <> 'cancelled'
      ) as n
    ),
    money as (
      select o.*, coalesce(part.value, 0) as goods,
        share_of(o.shipping_fee, part.before, part.value, o.subtotal) as shipping,
        share_of(o.tax_amount, part.before, part.value, o.subtotal) as tax,
        share_of(o.discount_amount, part.before, part.value, o.subtotal) as discount
      from orders as o
      cross join part
      where o.tenant_id = p_tenant
        and o.order_id = (
          select f.order_id
          from fulfillments as f
          where f.tenant_id = p_tenant
            and f.fulfillment_id = p_fulfillment_id)
    )
    select jsonb_build_object(
      'currency', m.currency,
      'goods', m.goods,
      'shipping', m.shipping,
      'tax', m.tax,
      'discount', m.discount,
      'collect', case
        when m.payment_method = 'cod' and m.payment_status in ('pending', 'failed', 'cancelled')
          then greatest(m.goods + m.shipping + m.tax - m.discount, 0) end,
      'placed_at', m.placed_at,
      'weight_g', g.weight_g,
      'length_mm', case when g.has_size then g.length_mm else s.length_mm end,
      'width_mm', case when g.has_size then g.width_mm else s.width_mm end,
      'height_mm', case when g.has_size then g.height_mm else s.height_mm end,
      'origin_country', s.origin_country,
      'incoterm', s.incoterm)
    from money as m
    cross join goods as g
    cross join setting as s
  );
end
$$;

comment on function fulfillment_parcel(uuid, bigint) is
  'Weight, box, money and customs terms of a fulfilment as one parcel: {currency, goods, shipping, '
  'tax, discount, collect, placed_at, weight_g, length_mm, width_mm, height_mm, origin_country, '
  'incoterm}.';
