-- So many units of an item of a round were found. Fewer than asked for needs a reason, and is an
-- error of the order for people to see; looking again corrects it, until the parcel is packed.
-- Twice is once. Answers the state of the round. P0NOF, P0VAL, P0STT.
-- Locks: the order, the round.
create or replace function sp_confirm_pick(
  p_pick_list_item_id bigint,
  p_picked integer,
  p_short_reason text default null,
  p_actor text default null,
  p_tenant uuid default current_tenant_id()
)
returns text
language plpgsql volatile
as $$
declare
  v_item pick_list_items;
  v_status text;
begin
  select * into v_item
  from pick_list_items
  where tenant_id = p_tenant
    and pick_list_item_id = p_pick_list_item_id;
  if not found then
    raise exception 'there is no pick list item %', p_pick_list_item_id using errcode = 'P0NOF';
  end if;
  if p_picked is null or p_picked not between 0 and v_item.quantity
    or p_picked < v_item.quantity and coalesce(btrim(p_short_reason), '') = ''
  then
    raise exception 'found are from 0 to % units, and fewer need a reason', v_item.quantity
      using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
        'field', case when p_picked between 0 and v_item.quantity then 'short_reason'
          else 'picked_quantity' end,
        'code', case when p_picked between 0 and v_item.quantity then 'required'
          else 'out_of_range' end,
        'message', format('from 0 to %s units; fewer need a reason', v_item.quantity)))::text;
  end if;
  perform lock_order(p_tenant, v_item.order_id);
  select b.status into v_status
  from pick_batches as b
  where b.tenant_id = p_tenant
    and b.pick_batch_id = v_item.pick_batch_id
  for no key update;
  if v_status = 'cancelled' or not exists (
    select
    from fulfillments
    where tenant_id = p_tenant
      and fulfillment_id = v_item.fulfillment_id
      and status = 'picking'
  ) then
    perform refuse_transition('pick list', v_status, 'picking',
      'the round was given up, or the parcel is not being picked any more');
  end if;
  update pick_list_items
  set
    picked_quantity = p_picked,
    short_reason = case when p_picked < quantity then btrim(p_short_reason) end,
    picked_by = coalesce(p_actor, current_actor()),
    picked_at = clock_now()
  where tenant_id = p_tenant
    and pick_list_item_id = p_pick_list_item_id;
  if p_picked < v_item.quantity and v_item.picked_quantity is distinct from p_picked then
    insert into order_errors (
      tenant_id, order_id, fulfillment_id, category, severity, stage, code, message, context)
    values (p_tenant, v_item.order_id, v_item.fulfillment_id, 'stock', 'high', 'picking',
      'picked_short', format('%s of %s units of %s were found: %s', p_picked, v_item.quantity,
        v_item.sku, btrim(p_short_reason)),
      jsonb_build_object('sku', v_item.sku, 'wanted', v_item.quantity, 'found', p_picked));
  end if;
  update pick_batches as b
  set
    status = case when is_done then 'completed' else 'picking' end,
    completed_at = case when is_done then coalesce(b.completed_at, clock_now()) end
  from (
    select bool_and(picked_quantity is not null) as is_done
    from pick_list_items
    where tenant_id = p_tenant
      and pick_batch_id = v_item.pick_batch_id
  ) as n
  where b.tenant_id = p_tenant
    and b.pick_batch_id = v_item.pick_batch_id
  returning b.status into v_status;
  return v_status;
end
$$;

comment on function sp_confirm_pick(bigint, integer, text, text, uuid) is
  'Records what was found of a pick list item; answers the state of the round.';
