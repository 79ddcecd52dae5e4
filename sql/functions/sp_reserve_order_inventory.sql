-- Reserves what a pending order does not hold (any more), all or nothing; answers how many
-- promises were made. Twice is once. P0NOF, P0INV; P0STT if the order is not pending.
create or replace function sp_reserve_order_inventory(
  p_order_id bigint,
  p_ttl interval default null,
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
begin
  if v_status <> 'pending' then
    perform refuse_transition('order', v_status, 'pending',
      format('stock is reserved for pending orders; this one is %s', v_status));
  end if;
  -- A renewed promise is a renewed deadline; one still running is only moved when asked.
  update orders
  set expires_at = clock_now() + coalesce(p_ttl, reservation_ttl(p_tenant))
  where tenant_id = p_tenant
    and order_id = p_order_id
    and (p_ttl is not null or expires_at <= clock_now());
  return renew_stock(p_tenant, array[p_order_id]);
end
$$;

comment on function sp_reserve_order_inventory(bigint, interval, uuid) is
  'Reserves what a pending order does not hold, all or nothing; P0NOF, P0INV, P0STT.';
