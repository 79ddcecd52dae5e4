-- Uses the codes of these orders, which are placed, or wait for their payment again: each counts,
-- and its discount must be what the order took off. P0PRM else, and then nothing is placed.
-- An order that uses its code already is left alone: twice is once.
-- Locks: promotions (by id). The callers hold the orders, and no levels yet.
create or replace function redeem_promos(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  v_order record;
  v_offer record;
begin
  perform
  from promotions
  where tenant_id = p_tenant
    and code in (
      select upper(btrim(promo_code))
      from orders
      where tenant_id = p_tenant
        and order_id = any (p_order_ids)
        and promo_code is not null)
  order by promotion_id
  for no key update;

  for v_order in
    select o.order_id, o.promo_code, o.currency, o.subtotal, o.shipping_fee, o.discount_amount,
      promo_customer_key(o.customer_id, o.customer_email, o.customer_phone) as customer_key
    from orders as o
    where o.tenant_id = p_tenant
      and o.order_id = any (p_order_ids)
      and o.promo_code is not null
      and not exists (
        select
        from promo_redemptions as r
        where r.tenant_id = p_tenant
          and r.order_id = o.order_id
          and r.returned_at is null)
    order by o.order_id
  loop
    select * into v_offer
    from promo_offer(v_order.promo_code, v_order.currency, v_order.subtotal,
      v_order.shipping_fee, v_order.customer_key, p_tenant);
    if v_offer.problem is not null then
      perform refuse_promo('promo_code', v_offer.problem, v_offer.message);
    elsif v_offer.discount_amount <> v_order.discount_amount then
      perform refuse_promo('discount_amount', 'wrong_discount',
        format('the code takes off %s', v_offer.discount_amount));
    end if;
    insert into promo_redemptions (
      tenant_id, promotion_id, order_id, customer_key, currency, discount_amount)
    values (
      p_tenant, v_offer.promotion_id, v_order.order_id, v_order.customer_key, v_order.currency,
      v_offer.discount_amount);
  end loop;
end
$$;

comment on function redeem_promos(uuid, bigint[]) is
  'Uses the promotion codes of orders that are placed, each once; P0PRM.';
