-- What is needed to buy the label of a packed parcel: the parcel, where it leaves from, which
-- services fit it, and the purchase that an earlier attempt began. Null when there is nothing to
-- buy:
-- it is not packed, its order may not leave, it has a label, or a person has to look.
-- Services that the carrier refused since it was packed are left out.
create or replace function label_plan(
  p_fulfillment_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'order_number', o.order_number,
      'customer_name', o.customer_name,
      'customer_email', o.customer_email,
      'customer_phone', o.customer_phone,
      'shipping_address', o.shipping_address,
      'lines', fulfillment_lines(p_tenant, f.fulfillment_id),
      'parcel', fulfillment_parcel(p_tenant, f.fulfillment_id) || jsonb_build_object(
        'weight_g', p.weight_g, 'length_mm', p.length_mm, 'width_mm', p.width_mm,
        'height_mm', p.height_mm),
      'from', l.address,
      'prefer', p.prefer,
      'ships_at', clock_now(),
      'begun', (
        select jsonb_build_object('carrier_code', b.carrier_code, 'service', b.service)
        from shipping_labels as b
        where b.tenant_id = p_tenant
          and b.fulfillment_id = f.fulfillment_id
          and b.status = 'buying'),
      'services', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'carrier_code', s.carrier_code,
            'service', s.service,
            'price', s.price,
            'currency', s.currency,
            'days', coalesce(s.days, ceil(history.hours_expected / 24)))
          order by s.carrier_code, s.service), '[]')
        from carrier_services as s
        left join lateral predict_delivery(
          s.carrier_code, o.shipping_address ->> 'country', 10, p_tenant) as history on true
        where s.tenant_id = p_tenant
          and s.is_active
          and (s.countries is null or o.shipping_address ->> 'country' = any (s.countries))
          and (s.weight_g_max is null or p.weight_g <= s.weight_g_max)
          and (p.carrier_code is null or s.carrier_code = p.carrier_code)
          -- A rule's service counts where whoever packed it did not name a carrier.
          and (coalesce(p.service, case when p.carrier_code is null then f.service end) is null
            or s.service = coalesce(p.service, f.service))
          and not exists (
            select
            from shipping_labels as refused
            where refused.tenant_id = p_tenant
              and refused.fulfillment_id = f.fulfillment_id
              and refused.carrier_code = s.carrier_code
              and refused.service = s.service
              and refused.status = 'failed'
              and refused.submitted_at >= p.packed_at)))
    from fulfillments as f
    join orders as o using (tenant_id, order_id)
    join packed_parcels as p using (tenant_id, fulfillment_id)
    left join locations as l using (tenant_id, location_id)
    where f.tenant_id = p_tenant
      and f.fulfillment_id = p_fulfillment_id
      and f.status = 'packed'
      and o.order_status in ('confirmed', 'processing', 'picking', 'packed', 'partially_shipped')
      and not exists (
        select
        from shipping_labels as b
        where b.tenant_id = p_tenant
          and b.fulfillment_id = f.fulfillment_id
          and b.status in ('parked', 'bought', 'voiding'))
  );
end
$$;

comment on function label_plan(bigint, uuid) is
  'What is needed to buy the label of a packed parcel; null: nothing to buy.';
