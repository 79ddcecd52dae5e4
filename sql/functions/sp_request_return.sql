-- Somebody wants to send units of an order back; answers the return's id. p_items: [{"line_number",
-- "quantity", "reason"}]; p_kind: refund or exchange. The same key again is the same return.
-- P0NOF, P0STT, P0VAL.
create or replace function sp_request_return(
  p_order_id bigint,
  p_items jsonb,
  p_kind text,
  p_notes text,
  p_actor text,
  p_key text default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_return_id bigint;
  v_wrong record;
begin
  perform lock_order(p_tenant, p_order_id);
  select return_id into v_return_id
  from returns
  where tenant_id = p_tenant
    and order_id = p_order_id
    and idempotency_key = p_key;
  if found then
    return v_return_id;
  end if;
  select format('items[%s]', e.place - 1) as path, oi.order_item_id into v_wrong
  from jsonb_array_elements(p_items) with ordinality as e (item, place)
  left join order_items as oi
    on oi.tenant_id = p_tenant
    and oi.order_id = p_order_id
    and oi.line_number = (e.item->>'line_number')::integer
  where oi.order_item_id is null
    or (e.item->>'quantity')::integer not between 1
      and oi.quantity_shipped - oi.quantity_returned
  order by e.place
  limit 1;
  if found and v_wrong.order_item_id is null then
    perform refuse_field(v_wrong.path || '.line_number', 'unknown_line', 'there is no such line');
  elsif found then
    perform refuse_field(v_wrong.path || '.quantity', 'out_of_range',
      'must be from 1 to what left and did not come back');
  end if;
  perform act_as(p_actor, p_notes);
  insert into returns (tenant_id, order_id, kind, notes, requested_by, idempotency_key)
  values (p_tenant, p_order_id, p_kind, p_notes, current_actor(), p_key)
  returning return_id into v_return_id;
  insert into return_items (tenant_id, order_id, return_id, order_item_id, quantity, reason)
  select p_tenant, p_order_id, v_return_id, oi.order_item_id, (e.item->>'quantity')::integer,
    coalesce(e.item->>'reason', 'other')
  from jsonb_array_elements(p_items) with ordinality as e (item, place)
  join order_items as oi
    on oi.tenant_id = p_tenant
    and oi.order_id = p_order_id
    and oi.line_number = (e.item->>'line_number')::integer
  order by e.place;
  if not found then
    perform refuse_field('items', 'too_few', 'must have at least one item');
  end if;
  perform log_order(p_tenant, p_order_id, 'request_return', jsonb_build_object(
    'return_id', v_return_id, 'kind', p_kind, 'items', p_items, 'notes', p_notes));
  perform act_as(null, null);
  return v_return_id;
end
$$;

comment on function sp_request_return(bigint, jsonb, text, text, text, text, uuid) is
  'Asks for units of an order to be taken back; the same key is the same return. '
  'P0NOF, P0STT, P0VAL.';
