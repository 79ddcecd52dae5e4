-- Levels follow the ledger and nobody else, start empty, and never promise more than there is
-- beyond the safety stock, but for what the level's policy lets be promised beyond it. What a shop
-- decides of a level (safety stock, limits, release) it may change freely.
-- A correction that finds fewer units than promised is a fact and goes through; then no promise
-- may grow until it is covered again.
create or replace function trg_inventory_levels_guard()
returns trigger
language plpgsql
as $$
declare
  v_beyond constant bigint := new.backordered - old.backordered;
  v_wanted bigint := new.reserved + new.allocated - old.reserved - old.allocated - v_beyond;
  v_room bigint;
begin
  if tg_op = 'INSERT' then
    if (new.on_hand, new.reserved, new.allocated, new.incoming, new.damaged, new.backordered)
      <> (0, 0, 0, 0, 0, 0)
    then
      raise exception 'a level starts empty; receive stock with sp_receive_stock()'
        using errcode = '42501';
    end if;
    new.low_stock_threshold := (
      select i.low_stock_threshold
      from inventory_items as i
      where i.tenant_id = new.tenant_id
        and i.inventory_item_id = new.inventory_item_id);
    return new;
  end if;
  if pg_trigger_depth() < 2 and (
    new.on_hand, new.reserved, new.allocated, new.incoming, new.damaged, new.backordered,
    new.version) is distinct from (
    old.on_hand, old.reserved, old.allocated, old.incoming, old.damaged, old.backordered,
    old.version)
  then
    raise exception 'inventory_levels is written only through stock_movements'
      using errcode = '42501';
  end if;

  -- A new promise stands behind all others; one that waited needs only to be covered itself.
  if v_wanted > 0 then
    v_room := case when new.release_at > clock_now() then 0
      else new.on_hand - new.safety_stock - old.reserved - old.allocated
        + case when v_beyond < 0 then old.backordered else 0 end
      end;
  end if;
  if v_beyond > 0 and (v_wanted <= 0 or v_wanted <= v_room) then
    v_wanted := v_beyond;
    v_room := case when new.release_at > clock_now() then new.preorder_limit
      else new.backorder_limit end - old.backordered;
  end if;
  if v_wanted > v_room then
    raise exception 'not enough stock of item % at location %',
        new.inventory_item_id, new.location_id
      using errcode = 'P0INV', detail = (
        select jsonb_build_array(jsonb_build_object(
          'sku', i.sku, 'requested', v_wanted, 'available', greatest(0, v_room)))::text
        from inventory_items as i
        where i.tenant_id = new.tenant_id
          and i.inventory_item_id = new.inventory_item_id);
  end if;
  return new;
end
$$;

comment on function trg_inventory_levels_guard() is
  'Refuses writers other than the ledger (42501) and promises beyond the stock and the policy '
  '(P0INV).';

create or replace trigger trg_inventory_levels_guard
before insert or update on inventory_levels
for each row execute function trg_inventory_levels_guard();

create or replace trigger trg_inventory_levels_delete
before delete or truncate on inventory_levels
for each statement execute function trg_refuse_change();
