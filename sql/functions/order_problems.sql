-- Everything that is wrong with an order that somebody wants to place, as
-- [{"field", "code", "message"}]; [] if nothing is. Never raises, whatever the JSON looks like:
-- it also answers next to the shape check of the API, so that all problems are told at once.
--
-- Codes: required, wrong_type, too_few, out_of_range (the shape that the catalogue check needs);
-- unknown_sku, not_for_sale, currency_mismatch, price_mismatch, wrong_total.
create or replace function order_problems(
  p_order jsonb, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
begin
  return (
    with lines as (
      select
        format('lines[%s]', e.ordinality - 1) as path,
        e.ordinality,
        e.line,
        case when jsonb_typeof(e.line->'sku') = 'string' then btrim(e.line->>'sku') end as sku,
        case when jsonb_typeof(e.line->'quantity') = 'number'
          then (e.line->>'quantity')::numeric end as quantity,
        case when jsonb_typeof(e.line->'unit_price') = 'number'
          then (e.line->>'unit_price')::numeric end as unit_price
      from jsonb_array_elements(
        case when jsonb_typeof(p_order->'lines') = 'array' then p_order->'lines' else '[]' end
      ) with ordinality as e (line, ordinality)
    ),
    priced as (
      select n.*, v.variant_id, v.price, v.currency, v.kind, v.requires_recipient_phone,
        v.status = 'active' and p.status = 'active' as is_for_sale
      from lines as n
      left join product_variants as v on v.tenant_id = p_tenant and v.sku = n.sku
      left join products as p using (tenant_id, product_id)
    ),
    amounts as (
      select
        case when jsonb_typeof(p_order->'subtotal') = 'number'
          then (p_order->>'subtotal')::numeric end as subtotal,
        case when jsonb_typeof(p_order->'total_amount') = 'number'
          then (p_order->>'total_amount')::numeric end as total_amount,
        case when jsonb_typeof(p_order->'discount_amount') = 'number'
          then (p_order->>'discount_amount')::numeric else 0 end as discount,
        (select coalesce(sum((p_order->>f)::numeric), 0)
          from unnest('{shipping_fee,tax_amount}'::text[]) as f
          where jsonb_typeof(p_order->f) = 'number') as fees,
        (select case when bool_and(price is not null and quantity is not null)
            then sum(quantity * price) end
          from priced) as lines_sum
    ),
    found (place, field, code, message) as (
      select 0, f, 'required', 'is required'
      from unnest('{customer,currency,payment_method,lines}'::text[]) as f
      where coalesce(jsonb_typeof(p_order->f), 'null') = 'null'
      union all
      select 0, 'customer.name', 'required', 'is required'
      where jsonb_typeof(p_order->'customer') <> 'null'
        and coalesce(jsonb_typeof(p_order->'customer'->'name'), 'null') <> 'string'
      union all
      select 0, 'lines', 'wrong_type', 'must be an array'
      where jsonb_typeof(p_order->'lines') not in ('array', 'null')
      union all
      select 0, 'lines', 'too_few', 'must have at least one line'
      where p_order->'lines' = '[]'
      union all
      select ordinality, path || '.sku', 'required', 'is required'
      from priced
      where sku is null
      union all
      select ordinality, path || '.quantity', 'out_of_range',
        'must be a whole number from 1 to 1000'
      from priced
      where quantity is null or quantity not between 1 and 1000 or scale(quantity) > 0
      union all
      -- Whole in its text, too: 1.0 is no integer to insert_order().
      select 0, f, 'out_of_range', 'must be a whole number, 0 or more'
      from unnest('{shipping_fee,tax_amount,discount_amount}'::text[]) as f
      where case jsonb_typeof(p_order->f)
        when 'number' then scale((p_order->>f)::numeric) > 0 or (p_order->>f)::numeric < 0
          or (p_order->>f)::numeric > 1000000000000
        when 'null' then false
        else jsonb_typeof(p_order->f) is not null
      end
      union all
      select ordinality, path || '.sku', 'unknown_sku', format('there is no %s', left(sku, 64))
      from priced
      where sku is not null and variant_id is null
      union all
      select ordinality, path || '.sku', 'not_for_sale', 'is not for sale any more'
      from priced
      where not is_for_sale
      union all
      select ordinality, path || '.sku', 'currency_mismatch', format('is priced in %s', currency)
      from priced
      where is_for_sale and currency <> p_order->>'currency'
      union all
      select ordinality, path || '.unit_price', 'price_mismatch', format('the price is %s', price)
      from priced
      where is_for_sale and unit_price <> price
      union all
      select ordinality, path || '.recipient_phone', 'required',
        'is required: this product is sent to a phone'
      from priced
      where is_for_sale and requires_recipient_phone
        and coalesce(jsonb_typeof(line->'recipient_phone'), 'null') = 'null'
      union all
      select 0, 'shipping_address', 'required', 'is required: the order has physical goods'
      where exists (select from priced where kind = 'physical')
        and coalesce(jsonb_typeof(p_order->'shipping_address'), 'null') = 'null'
      union all
      select 0, 'subtotal', 'wrong_total', format('the lines add up to %s', lines_sum)
      from amounts
      where subtotal <> lines_sum
      union all
      select 0, 'total_amount', 'wrong_total',
        format('lines, fees and discount add up to %s', lines_sum + fees - discount)
      from amounts
      where total_amount <> lines_sum + fees - discount
      union all
      select 0, 'discount_amount', 'out_of_range', 'is more than what it is taken off'
      from amounts
      where discount > lines_sum + fees
      union all
      select 0, 'total_amount', 'out_of_range', 'is more than an order may cost'
      from amounts
      where lines_sum + fees > 1000000000000
    )
    select coalesce(
      jsonb_agg(
        jsonb_build_object('field', field, 'code', code, 'message', message)
        order by place, field, code),
      '[]')
    from found
  );
end
$$;

comment on function order_problems(jsonb, uuid) is
  'All that is wrong with an order to be placed: [{field, code, message}]; never raises.';
