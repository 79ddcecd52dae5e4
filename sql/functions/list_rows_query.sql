-- The text of the query that list_rows() runs for a page: what it takes is described there.
create or replace function list_rows_query(
  p_view text,
  p_where jsonb,
  p_key text,
  p_sort text,
  p_descending boolean,
  p_after jsonb,
  p_limit integer,
  p_tenant uuid default current_tenant_id()
)
returns text
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
      p_sort, p_key, v_beyond, p_after->>0, v_types->>p_sort, p_after->>1, v_types->>p_key),
      -- Follows from it; an index serves it also when the key is another table's column.
      format('and v.%I %s= %L::%s', p_sort, v_beyond, p_after->>0, v_types->>p_sort));
  end if;
  return format(
    'select to_jsonb(v) - %L from %I as v where v.tenant_id = %L %s
     order by v.%I %s, v.%I %s limit %s',
    'tenant_id', p_view, p_tenant, v_conditions,
    p_sort, v_direction, p_key, v_direction, p_limit);
end
$$;

comment on function list_rows_query(text, jsonb, text, text, boolean, jsonb, integer, uuid) is
  'The text of the query for a page of a view that people page through; 22023.';
