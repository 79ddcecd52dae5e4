-- All that is wrong with one order, as orders_problems() tells it; [] if nothing is. Never raises.
create or replace function order_problems(
  p_order jsonb, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
begin
  return coalesce(
    (select problems from orders_problems(jsonb_build_array(p_order), p_tenant)), '[]');
end
$$;

comment on function order_problems(jsonb, uuid) is
  'All that is wrong with an order to be placed: [{field, code, message}]; never raises.';
