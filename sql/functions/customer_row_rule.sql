-- What row security asks of a table's row before a customer sees it, as text of SQL: the customer's
-- own id where the table has one, else the same of the row that a foreign key leads to. Null: no
-- row of the table is anybody's, and none is shown. Called by sql/policies/ only.
--
-- p_row is what the row is called in that text; p_depth bounds the walk from table to table.
create or replace function customer_row_rule(
  p_table regclass,
  p_row text,
  p_depth integer default 3
)
returns text
language plpgsql stable
as $$
declare
  v_key record;
  v_parent_rule text;
begin
  if exists (
    select
    from pg_attribute
    where attrelid = p_table
      and attname = 'customer_id'
      and not attisdropped)
  then
    return format(
      '%1$s.tenant_id = session_tenant_id() and %1$s.customer_id = session_customer_id()', p_row);
  end if;
  if p_depth = 0 then
    return null;
  end if;
  for v_key in
    select
      c.confrelid::regclass as parent,
      format('parent_%s', p_depth) as alias,
      string_agg(
        format('parent_%s.%I = %s.%I', p_depth, theirs.attname, p_row, ours.attname), ' and '
        order by k.place) as matches
    from pg_constraint as c
    cross join lateral unnest(c.conkey, c.confkey) with ordinality as k (ours, theirs, place)
    join pg_attribute as ours on ours.attrelid = c.conrelid and ours.attnum = k.ours
    join pg_attribute as theirs on theirs.attrelid = c.confrelid and theirs.attnum = k.theirs
    where c.conrelid = p_table
      and c.contype = 'f'
      and c.confrelid <> p_table
    group by c.oid, c.confrelid, c.conname
    -- Through the order where there is a way: the shortest.
    order by (c.confrelid <> 'orders'::regclass), c.conname
  loop
    v_parent_rule := customer_row_rule(v_key.parent, v_key.alias, p_depth - 1);
    if v_parent_rule is not null then
      return format('exists (select from %s as %s where %s and %s)',
        v_key.parent, v_key.alias, v_key.matches, v_parent_rule);
    end if;
  end loop;
  return null;
end
$$;

comment on function customer_row_rule(regclass, text, integer) is
  'The condition under which a customer sees a row of a table; null: under none.';
