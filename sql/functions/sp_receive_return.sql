-- Units of a return came. p_items: [{"line_number", "quantity"}], or null for all that is open. The
-- return is received with the last of them, partially before. P0NOF, P0STT, P0VAL.
create or replace function sp_receive_return(
  p_return_id bigint,
  p_items jsonb,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_return constant returns := lock_return(p_tenant, p_return_id);
  v_is_whole boolean;
begin
  if p_items is null and v_return.status in ('received', 'inspected', 'refunded', 'exchanged') then
    return;
  end if;
  if exists (
    select
    from jsonb_array_elements(coalesce(p_items, '[]')) as e (item)
    left join order_items as oi
      on oi.tenant_id = p_tenant
      and oi.order_id = v_return.order_id
      and oi.line_number = (e.item->>'line_number')::integer
    left join return_items as ri
      on ri.tenant_id = p_tenant
      and ri.return_id = p_return_id
      and ri.order_item_id = oi.order_item_id
    where ri.return_item_id is null
      or (e.item->>'quantity')::integer not between 0 and ri.quantity - ri.received_quantity
  ) then
    perform refuse_field('items', 'out_of_range', 'has more than the return has open');
  end if;
  perform act_as(p_actor, null);
  update return_items as ri
  set received_quantity = ri.received_quantity + n.quantity
  from (
    select oi.order_item_id,
      case when p_items is null then ri.quantity - ri.received_quantity
        else sum((e.item->>'quantity')::integer) end as quantity
    from return_items as ri
    join order_items as oi using (tenant_id, order_id, order_item_id)
    left join jsonb_array_elements(p_items) as e (item)
      on (e.item->>'line_number')::integer = oi.line_number
    where ri.tenant_id = p_tenant
      and ri.return_id = p_return_id
    group by oi.order_item_id, ri.quantity, ri.received_quantity
  ) as n
  where ri.tenant_id = p_tenant
    and ri.return_id = p_return_id
    and ri.order_item_id = n.order_item_id
    and n.quantity > 0;
  if found then
    select bool_and(received_quantity = quantity) into v_is_whole
    from return_items
    where tenant_id = p_tenant
      and return_id = p_return_id;
    update returns
    set status = case when v_is_whole then 'received' else 'partially_received' end
    where tenant_id = p_tenant
      and return_id = p_return_id;
    perform log_order(p_tenant, v_return.order_id, 'return_received', jsonb_build_object(
      'return_id', p_return_id, 'items', p_items));
  end if;
  perform act_as(null, null);
end
$$;

comment on function sp_receive_return(bigint, jsonb, text, uuid) is
  'Units of a return came, or all that is open (null); P0NOF, P0STT, P0VAL.';
