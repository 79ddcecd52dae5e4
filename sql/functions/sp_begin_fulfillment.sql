-- A worker is about to call the provider: pending becomes submitted, and the order processing.
-- From here on the order can't be cancelled, since the provider may have it. Commit this before
-- the call: a crash in between then leaves lookup_first behind, and the next attempt asks first.
--
-- Answers one row, or none when there is nothing to do any more (cancelled, held, done, unknown).
-- The order's row stays locked in either case, so a caller that ends its job in the same
-- transaction can't miss a resume: that comes before, or it enqueues anew.
-- resumed: an earlier submission has no known outcome; ask the provider before sending again.
-- look_only: the order is held for a person, so nothing may be sent; what was sent before is still
-- asked for, since its outcome does not wait for anybody.
create or replace function sp_begin_fulfillment(
  p_fulfillment_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns table (
  order_id bigint,
  order_number text,
  provider_code text,
  reference uuid,
  provider_order_id text,
  attempt integer,
  resumed boolean,
  last_submitted_at timestamptz,
  customer_name text,
  customer_email text,
  customer_phone text,
  shipping_address jsonb,
  lines jsonb,
  failures integer,
  look_only boolean
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_before fulfillments;
  v_order orders;
begin
  if not exists (
    select
    from fulfillments as f
    where f.tenant_id = p_tenant
      and f.fulfillment_id = p_fulfillment_id
  ) then
    return;
  end if;
  v_before := lock_fulfillment(p_tenant, p_fulfillment_id);
  select * into v_order
  from orders as o
  where o.tenant_id = p_tenant
    and o.order_id = v_before.order_id;
  if v_before.status not in ('pending', 'submitted', 'accepted')
    or v_order.order_status not in ('confirmed', 'processing', 'picking', 'packed',
      'partially_shipped', 'shipped', 'partially_delivered', 'on_hold')
    or v_order.order_status = 'on_hold' and v_before.status = 'pending'
    or v_before.awaits_stock
    -- A provider is asked to give a part of the order up: nothing else begins meanwhile.
    or v_before.status = 'pending' and exists (
      select
      from fulfillments as f
      where f.tenant_id = p_tenant
        and f.order_id = v_before.order_id
        and f.status = 'cancellation_requested')
  then
    return;
  end if;

  update fulfillments as f
  set
    status = case f.status when 'pending' then 'submitted' else f.status end,
    attempt = f.attempt + 1,
    lookup_first = true,
    submitted_at = clock_now()
  where f.tenant_id = p_tenant
    and f.fulfillment_id = p_fulfillment_id;
  return query
    select v_order.order_id, v_order.order_number, v_before.provider_code, v_before.reference,
      v_before.provider_order_id, v_before.attempt + 1, v_before.lookup_first,
      v_before.submitted_at, v_order.customer_name, v_order.customer_email,
      v_order.customer_phone, v_order.shipping_address,
      fulfillment_lines(p_tenant, p_fulfillment_id), v_before.failures,
      v_order.order_status = 'on_hold';
end
$$;

comment on function sp_begin_fulfillment(bigint, uuid) is
  'Marks a fulfilment as being sent and answers what to send; no row: nothing to do any more.';
