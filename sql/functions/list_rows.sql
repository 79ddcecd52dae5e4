-- A page of one of the views that people page through (vw_fulfillments and its like), row by row.
--
-- p_where     [{"column", "op", "value"}], with op = (a value), any (an array), >= or < (a value)
-- p_key       the column that tells rows apart; p_sort: the one to sort by, never null
-- p_after     [value of p_sort, value of p_key] of the last row of the page before, or null
--
-- The text of the query depends on what is asked, so that each is planned for what it is: an index
-- serves the order, and no page reads what stands before it. Columns are checked against the view
-- and every value is quoted. 22023 for what is no view or column.
create or replace function list_rows(
  p_view text,
  p_where jsonb,
  p_key text,
  p_sort text,
  p_descending boolean,
  p_after jsonb,
  p_limit integer,
  p_tenant uuid default current_tenant_id()
)
returns setof jsonb
language plpgsql stable
as $$
declare
  v_types jsonb;
  v_unknown text;
  v_conditions text;
  v_direction constant text := case when p_descending then 'desc' else 'asc' end;
  v_beyond constant text := case when p_descending then '<' else '>' end;
begin
  select jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) into v_types
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid
  where c.relnamespace = 'public'::regnamespace
    and c.relname = p_view
    and c.relkind = 'v'
    and a.attnum > 0
    and not a.attisdropped;
  select n.name into v_unknown
  from (
    select p_key
    union all select p_sort
    union all select w.condition->>'column' from jsonb_array_elements(p_where) as w (condition)
  ) as n (name)
  where v_types is null
    or not v_types ? n.name
  limit 1;
  if found then
    raise exception 'there is no column % to list %', v_unknown, p_view using errcode = '22023';
  end if;

  select string_agg(
    case w.condition->>'op'
      when 'any' then format('and v.%I = any (%L::%s[])', w.condition->>'column',
        array(select jsonb_array_elements_text(w.condition->'value')), w.type)
      when '>=' then format('and v.%I >= %L::%s', w.condition->>'column',
        w.condition->>'value', w.type)
      when '<' then format('and v.%I < %L::%s', w.condition->>'column',
        w.condition->>'value', w.type)
      else format('and v.%I = %L::%s', w.condition->>'column', w.condition->>'value', w.type)
    end, ' ')
  into v_conditions
  from (
    select e.condition, v_types->>(e.condition->>'column') as type
    from jsonb_array_elements(p_where) as e (condition)
  ) as w;
  if p_after is not null then
    v_conditions := concat_ws(' ', v_conditions, format('and (v.%I, v.%I) %s (%L::%s, %L::%s)',
      p_sort, p_key, v_beyond, p_after->>0, v_types->>p_sort, p_after->>1, v_types->>p_key));
  end if;
  return query execute format(
    'select to_jsonb(v) - %L from %I as v where v.tenant_id = %L %s
     order by v.%I %s, v.%I %s limit %s',
    'tenant_id', p_view, p_tenant, v_conditions,
    p_sort, v_direction, p_key, v_direction, p_limit);
end
$$;

comment on function list_rows(text, jsonb, text, text, boolean, jsonb, integer, uuid) is
  'A page of a view that people page through, filtered and sorted; 22023.';
