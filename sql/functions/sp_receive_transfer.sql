-- Units of a transfer arrive: p_lines as [{"sku", "quantity"}], or null for all that is missing.
-- p_is_last closes it: what did not arrive by then is lost, and awaited no longer. A transfer of
-- which everything arrived closes itself. Answers its state. P0NOF, P0VAL, P0STT.
create or replace function sp_receive_transfer(
  p_transfer_id bigint,
  p_lines jsonb default null,
  p_is_last boolean default false,
  p_tenant uuid default current_tenant_id()
)
returns text
language plpgsql volatile
as $$
declare
  v_transfer constant stock_transfers := lock_transfer(p_tenant, p_transfer_id);
  v_is_complete boolean;
begin
  if v_transfer.status <> 'shipped' then
    perform refuse_transition('transfer', v_transfer.status, 'received');
  end if;
  with arrived as (
    select n.inventory_item_id, n.quantity - n.received_quantity as quantity
    from stock_transfer_items as n
    where p_lines is null
      and n.tenant_id = p_tenant
      and n.transfer_id = p_transfer_id
      and n.quantity > n.received_quantity
    union all
    select item_id, quantity
    from stock_lines(p_tenant, coalesce(p_lines, '[]'))
    where p_lines is not null
  ),
  counted as (
    update stock_transfer_items as n
    set received_quantity = n.received_quantity + a.quantity
    from arrived as a
    where n.tenant_id = p_tenant
      and n.transfer_id = p_transfer_id
      and n.inventory_item_id = a.inventory_item_id
    returning n.inventory_item_id, a.quantity
  )
  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, on_hand_delta, incoming_delta, transfer_id,
    actor)
  select p_tenant, inventory_item_id, v_transfer.to_location_id, 'transfer_in', quantity,
    -quantity, p_transfer_id, current_actor()
  from counted;

  select bool_and(quantity = received_quantity) into v_is_complete
  from stock_transfer_items
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id;
  if not v_is_complete and not p_is_last then
    return 'shipped';
  end if;
  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, incoming_delta, transfer_id, reason, actor)
  select p_tenant, inventory_item_id, v_transfer.to_location_id, 'transfer_in',
    received_quantity - quantity, p_transfer_id, 'LOST', current_actor()
  from stock_transfer_items
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id
    and quantity > received_quantity;
  update stock_transfers
  set status = 'received'
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id;
  return 'received';
end
$$;

comment on function sp_receive_transfer(bigint, jsonb, boolean, uuid) is
  'Units of a transfer arrive; answers its state. P0NOF, P0VAL, P0STT.';
