-- The units of a transfer leave: on hand there goes down, and they are incoming where they go.
-- Units that are promised to orders stay: P0INV with what is short. Twice is once. P0NOF, P0STT.
create or replace function sp_ship_transfer(
  p_transfer_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
declare
  v_transfer constant stock_transfers := lock_transfer(p_tenant, p_transfer_id);
  v_short jsonb;
begin
  if v_transfer.status = 'shipped' then
    return;
  end if;
  select jsonb_agg(jsonb_build_object(
    'sku', i.sku, 'requested', n.quantity, 'available', greatest(l.available, 0)) order by i.sku)
  into v_short
  from stock_transfer_items as n
  join inventory_items as i using (tenant_id, inventory_item_id)
  join inventory_levels as l
    on l.tenant_id = p_tenant
    and l.inventory_item_id = n.inventory_item_id
    and l.location_id = v_transfer.from_location_id
  where n.tenant_id = p_tenant
    and n.transfer_id = p_transfer_id
    and l.available < n.quantity;
  if v_short is not null then
    raise exception 'not enough stock of % that is not promised', v_short->0->>'sku'
      using errcode = 'P0INV', detail = v_short::text;
  end if;
  update stock_transfers
  set status = 'shipped'
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id;
  insert into stock_movements (
    tenant_id, inventory_item_id, location_id, kind, on_hand_delta, incoming_delta, transfer_id,
    actor)
  select p_tenant, n.inventory_item_id, leg.location_id, leg.kind, leg.sign_on_hand * n.quantity,
    leg.sign_incoming * n.quantity, p_transfer_id, current_actor()
  from stock_transfer_items as n
  cross join (values
    (v_transfer.from_location_id, 'transfer_out', -1, 0),
    (v_transfer.to_location_id, 'incoming', 0, 1)
  ) as leg (location_id, kind, sign_on_hand, sign_incoming)
  where n.tenant_id = p_tenant
    and n.transfer_id = p_transfer_id;
end
$$;

comment on function sp_ship_transfer(bigint, uuid) is
  'The units of a transfer leave; twice is once. P0NOF, P0STT, P0INV.';
