-- What providers say moves payments, refunds and orders, for all rows of a statement at once:
--   every fact                     the payments' sums, then the orders' payment state
--   refunded, refund_failed        the refund is done, or failed
--   captured, the order waits      it is confirmed
--   captured, the order is closed  the money goes back
create or replace function trg_payment_events_apply()
returns trigger
language plpgsql
as $$
declare
  v_group record;
  v_order record;
begin
  if not exists (select from new_rows) then
    return null;
  end if;
  if exists (
    select
    from new_rows as e
    join payments as p using (tenant_id, payment_id)
    where p.provider <> e.provider
      or p.provider = 'wallet' and pg_trigger_depth() < 2
  ) then
    raise exception 'only its own provider speaks of a payment; of a wallet''s, wallet_entries'
      using errcode = '42501';
  end if;
  for v_group in
    select
      e.tenant_id,
      array_agg(distinct p.order_id order by p.order_id) as order_ids,
      array_agg(distinct p.payment_id) as payment_ids
    from new_rows as e
    join payments as p using (tenant_id, payment_id)
    where e.effect_key is not null
    group by e.tenant_id
    order by e.tenant_id
  loop
    perform
    from orders
    where tenant_id = v_group.tenant_id
      and order_id = any (v_group.order_ids)
    order by order_id
    for no key update;
    perform sum_payments(v_group.tenant_id, v_group.payment_ids);
    perform follow_payments(v_group.tenant_id, v_group.order_ids);
  end loop;

  update refunds as r
  set
    status = case e.event_type when 'refunded' then 'succeeded' else 'failed' end,
    provider_refund_id = coalesce(r.provider_refund_id, e.reference),
    failure_message = case e.event_type when 'refund_failed' then e.details->>'message' end,
    updated_at = clock_now()
  from new_rows as e
  where e.refund_id is not null
    and e.effect_key is not null
    and r.tenant_id = e.tenant_id
    and r.refund_id = e.refund_id;
  -- Given back by somebody at the provider's own console.
  insert into refunds (
    tenant_id, payment_id, order_id, currency, amount, reason, status, idempotency_key,
    provider_refund_id, requested_by)
  select
    e.tenant_id, e.payment_id, p.order_id, p.currency, e.amount, 'given back at ' || e.provider,
    'succeeded', format('event:%s:%s', e.provider, e.payment_event_id), e.reference, e.provider
  from new_rows as e
  join payments as p using (tenant_id, payment_id)
  where e.event_type = 'refunded'
    and e.refund_id is null
    and e.effect_key is not null
  order by e.payment_event_id;

  for v_order in
    select
      o.tenant_id,
      o.order_id,
      o.order_status,
      -- Part of it may be on its way back already: events come in any order.
      o.payment_status in ('paid', 'partially_refunded') and o.total_amount <= (
        select sum(p.captured_amount)
        from payments as p
        where p.tenant_id = o.tenant_id
          and p.order_id = o.order_id) as is_paid
    from orders as o
    where (o.tenant_id, o.order_id) in (
      select p.tenant_id, p.order_id
      from new_rows as e
      join payments as p using (tenant_id, payment_id)
      where e.event_type = 'captured'
        and e.effect_key is not null
        -- A wallet pays while its order is being placed, before there is stock: trg_orders_paid.
        and e.provider <> 'wallet')
    order by o.order_id
  loop
    if v_order.order_status in ('pending', 'payment_failed') and v_order.is_paid then
      perform confirm_paid_order(v_order.tenant_id, v_order.order_id);
    elsif v_order.order_status in ('cancelled', 'expired') then
      perform refund_closed_orders(v_order.tenant_id, array[v_order.order_id]);
    end if;
  end loop;
  return null;
end
$$;

comment on function trg_payment_events_apply() is
  'Moves payments, refunds and orders to where the events of providers say they are.';

create or replace trigger trg_payment_events_apply
after insert on payment_events
referencing new table as new_rows
for each statement execute function trg_payment_events_apply();

create or replace trigger trg_payment_events_append_only
before update or delete or truncate on payment_events
for each statement execute function trg_refuse_change();
