-- Everything that is wrong with orders that somebody wants to place: for each of p_orders that has
-- problems its place (from 1) and [{"field", "code", "message"}]. Never raises, whatever the JSON
-- looks like: it also answers next to the shape check of the API, so that all problems are told at
-- once. All orders in one statement: looking at one costs nearly what looking at twenty does.
--
-- Codes: required, wrong_type, too_few, out_of_range (the shape that the catalogue check needs);
-- unknown_sku, not_for_sale, currency_mismatch, price_mismatch, wrong_total.
create or replace function orders_problems(
  p_orders jsonb, p_tenant uuid default current_tenant_id()
)
returns table (
  place integer,
  problems jsonb
)
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
#variable_conflict use_column
begin
  return query
    with asked as materialized (
      select n::integer as place, o
      from jsonb_array_elements(p_orders) with ordinality as e (o, n)
    ),
    lines as (
      select
        a.place,
        format('lines[%s]', e.ordinality - 1) as path,
        e.ordinality,
        e.line,
        a.o->>'currency' as order_currency,
        case when jsonb_typeof(e.line->'sku') = 'string' then btrim(e.line->>'sku') end as sku,
        case when jsonb_typeof(e.line->'quantity') = 'number'
          then (e.line->>'quantity')::numeric end as quantity,
        case when jsonb_typeof(e.line->'unit_price') = 'number'
          then (e.line->>'unit_price')::numeric end as unit_price
      from asked as a
      cross join lateral jsonb_array_elements(
        case when jsonb_typeof(a.o->'lines') = 'array' then a.o->'lines' else '[]' end
      ) with ordinality as e (line, ordinality)
    ),
    priced as materialized (
      select n.*, v.variant_id, v.price, v.currency, v.kind, v.requires_recipient_phone,
        v.status = 'active' and p.status = 'active' as is_for_sale
      from lines as n
      left join product_variants as v on v.tenant_id = p_tenant and v.sku = n.sku
      left join products as p using (tenant_id, product_id)
    ),
    sums as (
      select
        place,
        bool_or(kind = 'physical') as is_physical,
        case when bool_and(price is not null and quantity is not null)
          then sum(quantity * price) end as lines_sum
      from priced
      group by place
    ),
    amounts as materialized (
      select
        a.place,
        a.o,
        s.is_physical,
        s.lines_sum,
        case when jsonb_typeof(a.o->'subtotal') = 'number'
          then (a.o->>'subtotal')::numeric end as subtotal,
        case when jsonb_typeof(a.o->'total_amount') = 'number'
          then (a.o->>'total_amount')::numeric end as total_amount,
        case when jsonb_typeof(a.o->'discount_amount') = 'number'
          then (a.o->>'discount_amount')::numeric else 0 end as discount,
        case when jsonb_typeof(a.o->'shipping_fee') = 'number'
          then (a.o->>'shipping_fee')::numeric else 0 end
        + case when jsonb_typeof(a.o->'tax_amount') = 'number'
          then (a.o->>'tax_amount')::numeric else 0 end as fees
      from asked as a
      left join sums as s using (place)
    ),
    found (place, ordinality, field, code, message) as (
      select place, 0, f, 'required', 'is required'
      from asked
      cross join unnest('{customer,currency,payment_method,lines}'::text[]) as f
      where coalesce(jsonb_typeof(o->f), 'null') = 'null'
      union all
      select place, 0, 'customer.name', 'required', 'is required'
      from asked
      where jsonb_typeof(o->'customer') <> 'null'
        and coalesce(jsonb_typeof(o->'customer'->'name'), 'null') <> 'string'
      union all
      select place, 0, 'lines', 'wrong_type', 'must be an array'
      from asked
      where jsonb_typeof(o->'lines') not in ('array', 'null')
      union all
      select place, 0, 'lines', 'too_few', 'must have at least one line'
      from asked
      where o->'lines' = '[]'
      union all
      select place, ordinality, path || '.sku', 'required', 'is required'
      from priced
      where sku is null
      union all
      select place, ordinality, path || '.quantity', 'out_of_range',
        'must be a whole number from 1 to 1000'
      from priced
      where quantity is null or quantity not between 1 and 1000 or scale(quantity) > 0
      union all
      -- Whole in its text, too: 1.0 is no integer to insert_orders().
      select place, 0, f, 'out_of_range', 'must be a whole number, 0 or more'
      from asked
      cross join unnest('{shipping_fee,tax_amount,discount_amount}'::text[]) as f
      where case jsonb_typeof(o->f)
        when 'number' then scale((o->>f)::numeric) > 0 or (o->>f)::numeric < 0
          or (o->>f)::numeric > 1000000000000
        when 'null' then false
        else jsonb_typeof(o->f) is not null
      end
      union all
      select place, ordinality, path || '.sku', 'unknown_sku',
        format('there is no %s', left(sku, 64))
      from priced
      where sku is not null and variant_id is null
      union all
      select place, ordinality, path || '.sku', 'not_for_sale', 'is not for sale any more'
      from priced
      where not is_for_sale
      union all
      select place, ordinality, path || '.sku', 'currency_mismatch',
        format('is priced in %s', currency)
      from priced
      where is_for_sale and currency <> order_currency
      union all
      select place, ordinality, path || '.unit_price', 'price_mismatch',
        format('the price is %s', price)
      from priced
      where is_for_sale and unit_price <> price
      union all
      select place, ordinality, path || '.recipient_phone', 'required',
        'is required: this product is sent to a phone'
      from priced
      where is_for_sale and requires_recipient_phone
        and coalesce(jsonb_typeof(line->'recipient_phone'), 'null') = 'null'
      union all
      select place, 0, 'shipping_address', 'required', 'is required: the order has physical goods'
      from amounts
      where is_physical
        and coalesce(jsonb_typeof(o->'shipping_address'), 'null') = 'null'
      union all
      select place, 0, 'subtotal', 'wrong_total', format('the lines add up to %s', lines_sum)
      from amounts
      where subtotal <> lines_sum
      union all
      select place, 0, 'total_amount', 'wrong_total',
        format('lines, fees and discount add up to %s', lines_sum + fees - discount)
      from amounts
      where total_amount <> lines_sum + fees - discount
      union all
      select place, 0, 'discount_amount', 'out_of_range', 'is more than what it is taken off'
      from amounts
      where discount > lines_sum + fees
      union all
      select place, 0, 'total_amount', 'out_of_range', 'is more than an order may cost'
      from amounts
      where lines_sum + fees > 1000000000000
    )
    select place, jsonb_agg(
      jsonb_build_object('field', field, 'code', code, 'message', message)
      order by ordinality, field, code)
    from found
    group by place;
end
$$;

comment on function orders_problems(jsonb, uuid) is
  'All that is wrong with orders to be placed: (place, [{field, code, message}]); never raises.';
