-- What a code takes off an order like this, or why it does not: problem and message are null when
-- it does. Places and locks nothing; redeem_promos() asks again with the promotion locked.
--
-- Problems: unknown_code, not_active, not_started, ended, wrong_currency, below_minimum, used_up,
-- customer_required, used_up_by_customer.
create or replace function promo_offer(
  p_code text,
  p_currency text,
  p_subtotal bigint,
  p_shipping_fee bigint,
  p_customer_key text,
  p_tenant uuid default current_tenant_id()
)
returns table (
  promotion_id bigint,
  discount_amount bigint,
  problem text,
  message text
)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  v_promo promotions;
  v_now constant timestamptz := clock_now();
begin
  select * into v_promo
  from promotions as p
  where p.tenant_id = p_tenant
    and p.code = upper(btrim(p_code));
  return query
  select
    v_promo.promotion_id,
    case when c.problem is null then least(
      case v_promo.kind
        -- To the nearest minor unit, halves up.
        when 'percent' then (p_subtotal * v_promo.value + 50) / 100
        when 'fixed' then least(v_promo.value, p_subtotal)
        else p_shipping_fee
      end,
      v_promo.max_discount)
    else 0 end,
    c.problem,
    c.message
  from (values (true)) as one (is_there)
  left join lateral (
    select problem, message
    from (values
      (1, v_promo.promotion_id is null, 'unknown_code', 'there is no such code'),
      (2, not v_promo.is_active, 'not_active', 'can not be used'),
      (3, v_now < v_promo.starts_at, 'not_started',
        'can be used from ' || to_char(v_promo.starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
          || ' UTC'),
      (4, v_now >= v_promo.ends_at, 'ended', 'has ended'),
      (5, p_currency <> v_promo.currency, 'wrong_currency',
        'is for orders in ' || v_promo.currency),
      (6, p_subtotal < v_promo.min_subtotal, 'below_minimum',
        'is for orders from ' || v_promo.min_subtotal || ' on'),
      (7, v_promo.redeemed >= v_promo.max_redemptions, 'used_up', 'was used as often as it may'),
      (8, v_promo.max_per_customer is not null and p_customer_key is null, 'customer_required',
        'needs to know the customer: log in, or say a mail address or phone'),
      (9, v_promo.max_per_customer <= (
          select count(*)
          from promo_redemptions as r
          where r.tenant_id = p_tenant
            and r.promotion_id = v_promo.promotion_id
            and r.customer_key = p_customer_key
            and r.returned_at is null),
        'used_up_by_customer', 'was used by this customer as often as it may')
    ) as checks (place, is_broken, problem, message)
    where is_broken
    order by place
    limit 1
  ) as c on true;
end
$$;

comment on function promo_offer(text, text, bigint, bigint, text, uuid) is
  'What a code takes off an order, or the reason why it does not.';
