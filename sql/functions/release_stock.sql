-- Gives back what these orders hold. Twice is once: what was given back is not given back again.
-- p_status: expired if their time was over, else released.
-- Locks: levels (total order), then reservations. Callers hold the order rows.
create or replace function release_stock(
  p_tenant uuid, p_order_ids bigint[], p_status text, p_reason text
)
returns integer
language plpgsql volatile
as $$
declare
  v_released integer;
begin
  perform lock_promised_levels(p_tenant, p_order_ids);
  update inventory_reservations
  set
    status = case status when 'reserved' then p_status else 'released' end,
    released_reason = p_reason,
    updated_at = clock_now()
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and status in ('reserved', 'committed');
  get diagnostics v_released = row_count;
  return v_released;
end
$$;

comment on function release_stock(uuid, bigint[], text, text) is
  'Gives back the stock that orders hold, with a reason; twice is once.';
