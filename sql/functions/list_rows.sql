-- A page of one of the views that people page through (vw_fulfillments and its like), row by row.
--
-- p_where     [{"column", "op", "value"}], with op = (a value), any (an array), >= or < (a value)
-- p_key       the column that tells rows apart; p_sort: the one to sort by, never null
-- p_after     [value of p_sort, value of p_key] of the last row of the page before, or null
--
-- The text of the query (list_rows_query) depends on what is asked, so that each is planned for
-- what it is: an index serves the order, and no page reads what stands before it. Columns are
-- checked against the view and every value is quoted. 22023 for what is no view or column.
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
begin
  return query execute list_rows_query(
    p_view, p_where, p_key, p_sort, p_descending, p_after, p_limit, p_tenant);
end
$$;

comment on function list_rows(text, jsonb, text, text, boolean, jsonb, integer, uuid) is
  'A page of a view that people page through, filtered and sorted; 22023.';
