-- Corrects what is on hand to what was counted, if it still is what the counter saw (P0VAL with
-- code changed otherwise: count again). A reason is required. Answers the correction made.
-- A correction below what is promised is allowed, since it is a fact; no promise grows then.
create or replace function sp_adjust_stock(
  p_sku text,
  p_location_code text,
  p_expected bigint,
  p_counted bigint,
  p_reason text,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_item bigint;
  v_location bigint;
  v_on_hand bigint;
begin
  select item_id, location_id into v_item, v_location
  from find_level(p_tenant, p_sku, p_location_code);
  select on_hand into v_on_hand
  from inventory_levels
  where tenant_id = p_tenant
    and inventory_item_id = v_item
    and location_id = v_location
  for no key update;
  if v_on_hand <> p_expected then
    raise exception 'on hand is % now, not %', v_on_hand, p_expected
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', 'expected', 'code', 'changed', 'message',
        format('on hand is %s now', v_on_hand)))::text;
  end if;
  if p_counted <> v_on_hand then
    insert into stock_movements (
      tenant_id, inventory_item_id, location_id, kind, on_hand_delta, reason, actor)
    values (p_tenant, v_item, v_location, 'adjusted', p_counted - v_on_hand, p_reason,
      current_actor());
  end if;
  return p_counted - v_on_hand;
end
$$;

comment on function sp_adjust_stock(text, text, bigint, bigint, text, uuid) is
  'Corrects what is on hand to what was counted, compare-and-set; P0NOF, P0VAL.';
