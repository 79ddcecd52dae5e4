-- What the events of these payments add up to, written to the payments. A function of the set of
-- events, not of their order: whatever order they come in, the end is the same.
--
-- Money that moved outranks words about it: once captured, a late failure changes nothing.
-- The callers hold the orders; the payments' rows are locked here.
create or replace function sum_payments(p_tenant uuid, p_payment_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  perform
  from payments
  where tenant_id = p_tenant
    and payment_id = any (p_payment_ids)
  order by payment_id
  for no key update;

  with sums as (
    select
      e.payment_id,
      sum(e.amount) filter (where e.event_type = 'authorized') as authorized,
      coalesce(sum(e.amount) filter (where e.event_type = 'captured'), 0) as captured,
      coalesce(sum(e.amount) filter (where e.event_type in ('refunded', 'dispute_lost')), 0)
        as refunded,
      count(*) filter (where e.event_type = 'dispute_opened')
        > count(*) filter (where e.event_type in ('dispute_won', 'dispute_lost')) as is_disputed,
      bool_or(e.event_type in ('cancelled', 'voided')) as is_cancelled,
      (array_agg(e.event_type order by e.occurred_at desc, e.event_type)
        filter (where e.event_type in ('authorized', 'failed', 'requires_action')))[1] as latest
    from payment_events as e
    where e.tenant_id = p_tenant
      and e.payment_id = any (p_payment_ids)
      and e.effect_key is not null
    group by e.payment_id
  )
  update payments as p
  set
    authorized_amount = s.authorized,
    captured_amount = s.captured,
    refunded_amount = least(s.refunded, s.captured),
    status = case
      when s.captured > 0 and s.is_disputed then 'disputed'
      when s.captured > 0 and s.refunded >= s.captured then 'refunded'
      when s.captured > 0 and s.refunded > 0 then 'partially_refunded'
      when s.captured >= p.amount then 'paid'
      when s.captured > 0 then 'partially_paid'
      when s.is_cancelled and s.authorized is not null then 'voided'
      when s.is_cancelled then 'cancelled'
      else coalesce(s.latest, 'pending')
    end,
    updated_at = clock_now()
  from sums as s
  where p.tenant_id = p_tenant
    and p.payment_id = s.payment_id;
end
$$;

comment on function sum_payments(uuid, bigint[]) is
  'Sets payments to what their events add up to; the order of events does not matter.';
