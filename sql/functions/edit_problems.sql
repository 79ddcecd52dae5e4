-- Everything that is wrong with the lines of an edit (sp_edit_order), as [{field, code, message}].
create or replace function edit_problems(
  p_order_id bigint, p_lines jsonb, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    with lines as (
      select
        format('lines[%s]', e.ordinality - 1) as path,
        e.ordinality as place,
        case when jsonb_typeof(e.line->'line_number') = 'number'
          then (e.line->>'line_number')::numeric end as line_number,
        case when jsonb_typeof(e.line->'sku') = 'string' then btrim(e.line->>'sku') end as sku,
        case when jsonb_typeof(e.line->'quantity') = 'number'
          then (e.line->>'quantity')::numeric end as quantity,
        jsonb_typeof(e.line->'recipient_phone') as phone_type
      from jsonb_array_elements(case jsonb_typeof(p_lines) when 'array' then p_lines else '[]' end)
        with ordinality as e (line, ordinality)
    ),
    known as (
      select n.*, oi.order_item_id, v.variant_id, v.currency, v.requires_recipient_phone,
        v.status = 'active' and p.status = 'active' as is_for_sale,
        count(*) over (partition by n.line_number) as times
      from lines as n
      left join order_items as oi
        on oi.tenant_id = p_tenant and oi.order_id = p_order_id and oi.line_number = n.line_number
      left join product_variants as v on v.tenant_id = p_tenant and v.sku = n.sku
      left join products as p
        on p.tenant_id = p_tenant and p.product_id = v.product_id
    ),
    found (place, field, code, message) as (
      select 0, 'lines', 'wrong_type', 'must be an array'
      where jsonb_typeof(p_lines) not in ('array', 'null')
      union all
      select place, path || '.quantity', 'out_of_range', format(
        'must be a whole number from %s to 1000', case when line_number is null then 1 else 0 end)
      from known
      where quantity is null
        or quantity not between case when line_number is null then 1 else 0 end and 1000
        or scale(quantity) > 0
      union all
      select place, path, 'required', 'needs either line_number or sku'
      from known
      where (line_number is null) = (sku is null)
      union all
      select place, path || '.line_number', 'unknown_line', 'there is no such line'
      from known
      where line_number is not null and order_item_id is null
      union all
      select place, path || '.line_number', 'duplicate', 'is named twice'
      from known
      where line_number is not null and times > 1
      union all
      select place, path || '.sku', 'unknown_sku', format('there is no %s', left(sku, 64))
      from known
      where sku is not null and variant_id is null
      union all
      select place, path || '.sku', 'not_for_sale', 'is not for sale any more'
      from known
      where not is_for_sale
      union all
      select place, path || '.sku', 'currency_mismatch', format('is priced in %s', k.currency)
      from known as k
      join orders as o on o.tenant_id = p_tenant and o.order_id = p_order_id
      where k.currency <> o.currency
      union all
      select place, path || '.recipient_phone', 'required',
        'is required: this product is sent to a phone'
      from known
      where requires_recipient_phone and coalesce(phone_type, 'null') = 'null'
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

comment on function edit_problems(bigint, jsonb, uuid) is
  'All that is wrong with the lines of an edit: [{field, code, message}]; never raises.';
