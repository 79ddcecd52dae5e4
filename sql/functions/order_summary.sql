-- One order as order_summaries() tells it; null if there is none.
create or replace function order_summary(p_tenant uuid, p_order_id bigint)
returns jsonb
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
begin
  return (select summary from order_summaries(p_tenant, array[p_order_id]));
end
$$;

comment on function order_summary(uuid, bigint) is
  'An order with its lines as JSON: the answer to placing it, and what notices show.';
