-- A measure of an order that rules of the kind custom compare with a threshold.
create or replace function order_measure(p_tenant uuid, p_order_id bigint, p_measure text)
returns numeric
language plpgsql stable
as $$
begin
  return (
    select case p_measure
      when 'units' then (select sum(quantity) from order_items
        where tenant_id = p_tenant and order_id = p_order_id)
      when 'line_units' then (select max(quantity) from order_items
        where tenant_id = p_tenant and order_id = p_order_id)
      when 'lines' then (select count(*) from order_items
        where tenant_id = p_tenant and order_id = p_order_id)
      when 'discount_percent' then round(100.0 * o.discount_amount / greatest(o.subtotal, 1), 1)
      when 'is_guest' then (o.customer_id is null)::integer
      when 'is_new_customer' then (not exists (
        select
        from orders as before
        where before.tenant_id = p_tenant
          and before.customer_id = o.customer_id
          and before.placed_at < o.placed_at
          and before.order_id <> o.order_id))::integer
    end
    from orders as o
    where o.tenant_id = p_tenant
      and o.order_id = p_order_id
  );
end
$$;

comment on function order_measure(uuid, bigint, text) is
  'A measure of an order for rules of the kind custom: units, lines, discount_percent, …';
