-- Reads [{"sku", "quantity"}] of a shop, one row an item; a SKU that is named twice is added up.
-- P0VAL with all that is wrong, as [{field, code, message}].
create or replace function stock_lines(p_tenant uuid, p_lines jsonb, p_least integer default 1)
returns table (
  item_id bigint,
  quantity integer
)
language plpgsql stable
as $$
#variable_conflict use_column
declare
  v_problems jsonb;
begin
  if jsonb_typeof(p_lines) is distinct from 'array' or p_lines = '[]' then
    raise exception 'lines are needed' using errcode = 'P0VAL', detail = jsonb_build_array(
      jsonb_build_object('field', 'lines', 'code', 'required', 'message',
        'must be an array with at least one line'))::text;
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code, 'message', message))
  into v_problems
  from jsonb_array_elements(p_lines) with ordinality as n (line, place)
  left join inventory_items as i on i.tenant_id = p_tenant and i.sku = n.line->>'sku'
  cross join lateral (values
    (i.inventory_item_id is null, format('lines[%s].sku', place - 1), 'unknown_sku',
      'is no stock item of this shop'),
    (case jsonb_typeof(n.line->'quantity') when 'number'
        then (n.line->>'quantity')::numeric not between p_least and 1000000000
          or scale((n.line->>'quantity')::numeric) > 0
        else true end,
      format('lines[%s].quantity', place - 1), 'out_of_range',
      format('must be a whole number, %s or more', p_least))
  ) as judged (is_wrong, field, code, message)
  where is_wrong;
  if v_problems is not null then
    raise exception 'the lines are invalid' using errcode = 'P0VAL', detail = v_problems::text;
  end if;
  return query
    select i.inventory_item_id, sum((n.line->>'quantity')::integer)::integer
    from jsonb_array_elements(p_lines) as n (line)
    join inventory_items as i on i.tenant_id = p_tenant and i.sku = n.line->>'sku'
    group by i.inventory_item_id
    order by i.inventory_item_id;
end
$$;

comment on function stock_lines(uuid, jsonb, integer) is
  'Reads [{sku, quantity}] as stock items and units; P0VAL with all that is wrong.';
