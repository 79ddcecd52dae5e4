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
    amounts as (
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
    -- As [field, code, message], null where all is well. Not a branch for each problem: every call
    -- would make up and walk them all, and nearly none has a problem.
    found as (
      select place, 0 as ordinality, jsonb_build_array(f, 'required', 'is required') as problem
      from asked
      cross join unnest('{customer,currency,payment_method,lines}'::text[]) as f
      where coalesce(jsonb_typeof(o->f), 'null') = 'null'
      union all
      -- Whole in its text, too: 1.0 is no integer to insert_orders().
      select place, 0, jsonb_build_array(f, 'out_of_range', 'must be a whole number, 0 or more')
      from asked
      cross join unnest('{shipping_fee,tax_amount,discount_amount}'::text[]) as f
      where case jsonb_typeof(o->f)
        when 'number' then scale((o->>f)::numeric) > 0 or (o->>f)::numeric < 0
          or (o->>f)::numeric > 1000000000000
        when 'null' then false
        else jsonb_typeof(o->f) is not null
      end
      union all
      select place, 0, unnest(array[
        case when jsonb_typeof(o->'customer') <> 'null'
            and coalesce(jsonb_typeof(o->'customer'->'name'), 'null') <> 'string'
          then jsonb_build_array('customer.name', 'required', 'is required') end,
        case when jsonb_typeof(o->'lines') not in ('array', 'null')
          then jsonb_build_array('lines', 'wrong_type', 'must be an array') end,
        case when o->'lines' = '[]'
          then jsonb_build_array('lines', 'too_few', 'must have at least one line') end,
        case when is_physical and coalesce(jsonb_typeof(o->'shipping_address'), 'null') = 'null'
          then jsonb_build_array('shipping_address', 'required',
            'is required: the order has physical goods') end,
        case when subtotal <> lines_sum
          then jsonb_build_array('subtotal', 'wrong_total',
            format('the lines add up to %s', lines_sum)) end,
        case when total_amount <> lines_sum + fees - discount
          then jsonb_build_array('total_amount', 'wrong_total',
            format('lines, fees and discount add up to %s', lines_sum + fees - discount)) end,
        case when discount > lines_sum + fees
          then jsonb_build_array('discount_amount', 'out_of_range',
            'is more than what it is taken off') end,
        case when lines_sum + fees > 1000000000000
          then jsonb_build_array('total_amount', 'out_of_range',
            'is more than an order may cost') end
      ])
      from amounts
      union all
      select place, ordinality, unnest(array[
        case when sku is null
          then jsonb_build_array('sku', 'required', 'is required')
          when variant_id is null
          then jsonb_build_array('sku', 'unknown_sku',
            format('there is no %s', left(sku, 64)))
          when not is_for_sale
          then jsonb_build_array('sku', 'not_for_sale', 'is not for sale any more')
          when currency <> order_currency
          then jsonb_build_array('sku', 'currency_mismatch',
            format('is priced in %s', currency)) end,
        case when quantity is null or quantity not between 1 and 1000 or scale(quantity) > 0
          then jsonb_build_array('quantity', 'out_of_range',
            'must be a whole number from 1 to 1000') end,
        case when is_for_sale and unit_price <> price
          then jsonb_build_array('unit_price', 'price_mismatch',
            format('the price is %s', price)) end,
        case when is_for_sale and requires_recipient_phone
            and coalesce(jsonb_typeof(line->'recipient_phone'), 'null') = 'null'
          then jsonb_build_array('recipient_phone', 'required',
            'is required: this product is sent to a phone') end
      ])
      from priced
    )
    select place, jsonb_agg(
      jsonb_build_object(
        'field', case ordinality
          when 0 then problem->>0
          else format('lines[%s].%s', ordinality - 1, problem->>0)
        end,
        'code', problem->1,
        'message', problem->2)
      order by ordinality, problem->>0, problem->>1)
    from found
    where problem is not null
    group by place;
end
$$;

comment on function orders_problems(jsonb, uuid) is
  'All that is wrong with orders to be placed: (place, [{field, code, message}]); never raises.';
