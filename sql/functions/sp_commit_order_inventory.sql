-- Commits the reservations of an order, so that they do not lapse; answers how many changed.
-- Twice is once. P0NOF; P0EXP if they lapsed; P0STT if the order is closed.
create or replace function sp_commit_order_inventory(
  p_order_id bigint,
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
  if v_status = 'expired' then
    raise exception 'the order expired' using errcode = 'P0EXP';
  end if;
  if v_status in ('draft', 'cancelled', 'payment_failed') then
    perform refuse_transition('order', v_status, 'confirmed',
      format('the stock of an order that is %s is not committed', v_status));
  end if;
  return commit_stock(p_tenant, array[p_order_id]);
end
$$;

comment on function sp_commit_order_inventory(bigint, uuid) is
  'Commits the reservations of an order; twice is once. P0NOF, P0EXP, P0STT.';
