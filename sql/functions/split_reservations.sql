-- Splits units off promises, so that a part of each can go another way than the rest; answers the
-- new promises beside those they come from. Moves no stock. Each quantity must leave at least one
-- unit behind. Locks: the promises. Callers hold the levels.
create or replace function split_reservations(
  p_tenant uuid, p_reservation_ids bigint[], p_quantities integer[]
)
returns table (split_from bigint, reservation_id bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
begin
  return query
    insert into inventory_reservations as part (
      tenant_id, order_id, order_item_id, inventory_item_id, location_id, quantity, status,
      expires_at, is_backordered, fulfillment_id, split_from)
    select r.tenant_id, r.order_id, r.order_item_id, r.inventory_item_id, r.location_id,
      wanted.quantity, r.status, r.expires_at, r.is_backordered, r.fulfillment_id,
      r.reservation_id
    from unnest(p_reservation_ids, p_quantities) as wanted (reservation_id, quantity)
    join inventory_reservations as r
      on r.tenant_id = p_tenant and r.reservation_id = wanted.reservation_id
    order by r.reservation_id
    returning part.split_from, part.reservation_id;
end
$$;

comment on function split_reservations(uuid, bigint[], integer[]) is
  'Splits units off promises, so that they can go another way; answers the new promises.';
