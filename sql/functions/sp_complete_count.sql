-- Takes a count into the books, compare-and-set: an item of which the books still say what they
-- said when its counting began is corrected; of the others the new number is kept, to be counted
-- again.
-- The count is closed when nothing is left to count. Answers [{sku, expected}] of what is
-- to be counted again, [] if nothing is. A reason is required. Twice is once. P0NOF, P0VAL, P0STT.
-- Locks: the count, then the levels (total order).
create or replace function sp_complete_count(
  p_stock_count_id bigint,
  p_reason text,
  p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql volatile
as $$
declare
  v_count stock_counts;
  v_again jsonb;
begin
  select * into v_count
  from stock_counts
  where tenant_id = p_tenant
    and stock_count_id = p_stock_count_id
  for no key update;
  if not found then
    raise exception 'there is no stock count %', p_stock_count_id using errcode = 'P0NOF';
  end if;
  if v_count.status = 'completed' then
    return '[]';
  elsif v_count.status = 'cancelled' then
    perform refuse_transition('stock count', v_count.status, 'completed');
  end if;
  if coalesce(btrim(p_reason), '') = '' then
    raise exception 'a correction needs a reason' using errcode = 'P0VAL', detail =
      jsonb_build_array(jsonb_build_object('field', 'reason', 'code', 'required', 'message',
        'is required'))::text;
  end if;
  perform
  from inventory_levels as l
  join stock_count_lines as n using (tenant_id, inventory_item_id)
  where n.tenant_id = p_tenant
    and n.stock_count_id = p_stock_count_id
    and l.location_id = v_count.location_id
  order by l.inventory_item_id
  for no key update of l;

  with corrected as (
    update stock_count_lines as n
    set is_applied = true
    from inventory_levels as l
    where n.tenant_id = p_tenant
      and n.stock_count_id = p_stock_count_id
      and not n.is_applied
      and l.tenant_id = p_tenant
      and l.inventory_item_id = n.inventory_item_id
      and l.location_id = v_count.location_id
      and l.on_hand = n.expected
      and n.counted is not null
    returning n.inventory_item_id, n.counted - n.expected as difference
  )
  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, on_hand_delta, reason, actor)
  select p_tenant, inventory_item_id, v_count.location_id, 'adjusted', difference, p_reason,
    current_actor()
  from corrected
  where difference <> 0;

  with changed as (
    update stock_count_lines as n
    set expected = l.on_hand, counted = null
    from inventory_levels as l
    where n.tenant_id = p_tenant
      and n.stock_count_id = p_stock_count_id
      and not n.is_applied
      and l.tenant_id = p_tenant
      and l.inventory_item_id = n.inventory_item_id
      and l.location_id = v_count.location_id
    returning n.inventory_item_id, n.expected
  )
  select jsonb_agg(jsonb_build_object('sku', i.sku, 'expected', c.expected) order by i.sku)
  into v_again
  from changed as c
  join inventory_items as i
    on i.tenant_id = p_tenant and i.inventory_item_id = c.inventory_item_id;
  if v_again is null then
    update stock_counts
    set status = 'completed', completed_at = clock_now()
    where tenant_id = p_tenant
      and stock_count_id = p_stock_count_id;
  end if;
  return coalesce(v_again, '[]');
end
$$;

comment on function sp_complete_count(bigint, text, uuid) is
  'Takes a count into the books where they did not change; answers what to count again.';
