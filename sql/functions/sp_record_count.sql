-- So many units of an item were found. Counting again replaces the count. P0NOF; P0VAL for what is
-- no number of units; P0STT if the count is closed, or this item's count is in the books already.
create or replace function sp_record_count(
  p_stock_count_id bigint,
  p_sku text,
  p_counted bigint,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_status text;
begin
  if p_counted is null or p_counted < 0 then
    raise exception 'a count is 0 or more' using errcode = 'P0VAL', detail = jsonb_build_array(
      jsonb_build_object('field', 'counted', 'code', 'out_of_range', 'message',
        'must be 0 or more'))::text;
  end if;
  select status into v_status
  from stock_counts
  where tenant_id = p_tenant
    and stock_count_id = p_stock_count_id
  for no key update;
  if not found then
    raise exception 'there is no stock count %', p_stock_count_id using errcode = 'P0NOF';
  end if;
  if v_status <> 'open' then
    perform refuse_transition('stock count', v_status, 'open', 'the stock count is closed');
  end if;
  update stock_count_lines as n
  set counted = p_counted
  from inventory_items as i
  where n.tenant_id = p_tenant
    and n.stock_count_id = p_stock_count_id
    and i.tenant_id = p_tenant
    and i.inventory_item_id = n.inventory_item_id
    and i.sku = p_sku
    and not n.is_applied;
  if not found then
    raise exception 'item % is not to be counted', p_sku using errcode = 'P0NOF';
  end if;
end
$$;

comment on function sp_record_count(bigint, text, bigint, uuid) is
  'Records how many units of an item were found; P0NOF, P0VAL, P0STT.';
