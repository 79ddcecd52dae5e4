-- Gives back the stock of an order that is not confirmed; answers how many promises ended. Twice is
-- once. A confirmed order keeps its stock until it is cancelled: P0STT. P0NOF.
create or replace function sp_release_order_inventory(
  p_order_id bigint,
  p_reason text,
  p_tenant uuid default current_tenant_id()
)
returns integer
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_status constant text := lock_order(p_tenant, p_order_id);
  v_confirmed_at timestamptz;
begin
  select confirmed_at into v_confirmed_at
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id;
  if v_confirmed_at is not null and v_status <> 'cancelled' then
    perform refuse_transition('order', v_status, 'cancelled',
      'a confirmed order keeps its stock until it is cancelled');
  end if;
  return release_stock(p_tenant, array[p_order_id], 'released', p_reason);
end
$$;

comment on function sp_release_order_inventory(bigint, text, uuid) is
  'Gives back the stock of an unconfirmed order, with a reason; twice is once. P0NOF, P0STT.';
