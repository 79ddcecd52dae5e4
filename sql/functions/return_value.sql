-- What the received units of a return were worth to the customer: their prices, with their share of
-- the order's discount and tax. Shipping is not given back.
create or replace function return_value(p_tenant uuid, p_return_id bigint)
returns bigint
language plpgsql stable
as $$
begin
  return (
    select coalesce(case when o.subtotal = 0 then 0
        else sum(ri.received_quantity * oi.unit_price)
          * greatest(0, o.subtotal + o.tax_amount - o.discount_amount) / o.subtotal end, 0)::bigint
    from return_items as ri
    join order_items as oi using (tenant_id, order_id, order_item_id)
    join orders as o using (tenant_id, order_id)
    where ri.tenant_id = p_tenant
      and ri.return_id = p_return_id
    group by o.order_id, o.subtotal, o.tax_amount, o.discount_amount
  );
end
$$;

comment on function return_value(uuid, bigint) is
  'What the received units of a return were worth, with their share of discount and tax.';
