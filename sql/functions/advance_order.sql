-- Moves an order forward to where its fulfilments are: from processing on, its state follows them.
-- Only ever forward, and only along order_state_transitions, so a jump makes each step on the way.
-- Held and closed orders stay as they are. Locks the order row.
create or replace function advance_order(p_tenant uuid, p_order_id bigint)
returns void
language plpgsql volatile
as $$
declare
  c_way constant text[] := '{confirmed,processing,picking,packed,partially_shipped,shipped,'
    'partially_delivered,delivered}';
  v_status text;
  v_target text;
  v_live record;
begin
  select order_status into v_status
  from orders
  where tenant_id = p_tenant
    and order_id = p_order_id
  for no key update;

  select
    count(*) as total,
    count(*) filter (where status = 'delivered') as delivered,
    count(*) filter (where status in ('shipped', 'delivered', 'returned')) as gone,
    count(*) filter (where status not in ('pending', 'on_hold')) as begun,
    coalesce(bool_or(shipped_at is not null), false) as is_shipped
  into v_live
  from fulfillments
  where tenant_id = p_tenant
    and order_id = p_order_id
    and status <> 'cancelled';

  v_target := case
    when v_live.total = 0 then null
    when v_live.delivered = v_live.total then 'delivered'
    when v_live.gone = v_live.total and v_live.delivered = 0 then 'shipped'
    when v_live.gone = v_live.total then 'partially_delivered'
    when v_live.is_shipped then 'partially_shipped'
    when v_live.begun > 0 then 'processing'
  end;
  while array_position(c_way, v_status) < array_position(c_way, v_target) loop
    v_status := case
      when v_status = 'confirmed' then 'processing'
      -- Digital goods alone go straight to delivered; whatever is shipped passes shipped.
      when v_status in ('processing', 'picking', 'packed', 'partially_shipped')
        and v_target in ('partially_delivered', 'delivered')
        and (v_live.is_shipped or v_status <> 'processing') then 'shipped'
      else v_target
    end;
    update orders
    set order_status = v_status
    where tenant_id = p_tenant
      and order_id = p_order_id;
  end loop;
end
$$;

comment on function advance_order(uuid, bigint) is
  'Moves an order forward to where its fulfilments are, step by legal step.';
