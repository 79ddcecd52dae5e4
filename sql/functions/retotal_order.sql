-- Sums an order up again after its lines changed. A discount is at most what it is taken off. Its
-- promises get a new deadline, since the change may have made new ones.
create or replace function retotal_order(p_tenant uuid, p_order_id bigint)
returns bigint
language plpgsql volatile
as $$
declare
  v_total bigint;
begin
  update orders as o
  set
    subtotal = n.subtotal,
    discount_amount = least(o.discount_amount, n.subtotal + o.shipping_fee + o.tax_amount),
    total_amount = n.subtotal + o.shipping_fee + o.tax_amount
      - least(o.discount_amount, n.subtotal + o.shipping_fee + o.tax_amount),
    expires_at = greatest(o.expires_at, clock_now() + reservation_ttl(p_tenant))
  from (
    select coalesce(sum(total_price), 0)::bigint as subtotal
    from order_items
    where tenant_id = p_tenant
      and order_id = p_order_id
  ) as n
  where o.tenant_id = p_tenant
    and o.order_id = p_order_id
  returning o.total_amount into v_total;
  return v_total;
end
$$;

comment on function retotal_order(uuid, bigint) is
  'Sums an order up again; answers its new total. Called by triggers alone.';
