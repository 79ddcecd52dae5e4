-- Proves a few levels of stock, the next ones in the order of their keys, against their ledger and
-- their promises (vw_inventory_reconciliation): the fleet's sampler asks again and again, and so
-- all of them get their turn. Between two rounds is at least p_pause. `stevedore check` proves
-- everything at once.
--
-- Cost: the movements of p_limit levels, by stock_movements_level_idx. Locks: fleet_monitor; who
-- finds it locked, or not there yet, has nothing to do. Answers how many levels were looked at.
create or replace function check_stock_sample(
  p_limit integer default 20,
  p_pause interval default '5 minutes'
)
returns integer
language plpgsql volatile
as $$
declare
  v_state fleet_monitor;
  v_level record;
  v_looked integer := 0;
begin
  select * into v_state
  from fleet_monitor
  where is_only
  for update skip locked;
  if not found then
    return 0;
  end if;
  if v_state.stock_tenant_id is null then
    if v_state.stock_round_at > clock_now() - p_pause then
      return 0;
    end if;
    v_state.stock_wrong_before := v_state.stock_wrong;
    v_state.stock_wrong := 0;
    v_state.stock_round_at := clock_now();
  end if;
  for v_level in
    select tenant_id, inventory_item_id, location_id
    from inventory_levels
    where (tenant_id, inventory_item_id, location_id) > (
      coalesce(v_state.stock_tenant_id, '00000000-0000-0000-0000-000000000000'),
      coalesce(v_state.stock_item_id, 0),
      coalesce(v_state.stock_location_id, 0))
    order by tenant_id, inventory_item_id, location_id
    limit p_limit
  loop
    v_looked := v_looked + 1;
    v_state.stock_tenant_id := v_level.tenant_id;
    v_state.stock_item_id := v_level.inventory_item_id;
    v_state.stock_location_id := v_level.location_id;
    -- One level at a time, so that its key goes down into the sums.
    if exists (
      select
      from vw_inventory_reconciliation as r
      where r.tenant_id = v_level.tenant_id
        and r.inventory_item_id = v_level.inventory_item_id
        and r.location_id = v_level.location_id
        and not r.ok
    ) then
      v_state.stock_wrong := v_state.stock_wrong + 1;
    end if;
  end loop;
  update fleet_monitor
  set
    -- Fewer than asked for: the round is over.
    stock_tenant_id = case when v_looked = p_limit then v_state.stock_tenant_id end,
    stock_item_id = case when v_looked = p_limit then v_state.stock_item_id end,
    stock_location_id = case when v_looked = p_limit then v_state.stock_location_id end,
    stock_wrong = v_state.stock_wrong,
    stock_wrong_before = case when v_looked = p_limit then v_state.stock_wrong_before
      else v_state.stock_wrong end,
    stock_round_at = v_state.stock_round_at
  where is_only;
  return v_looked;
end
$$;

comment on function check_stock_sample(integer, interval) is
  'Proves the next few levels of stock; vw_gauges tells how many did not add up.';
