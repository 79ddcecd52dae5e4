-- What does not add up in payments, refunds, wallets and promotions: empty when the books balance.
-- vw_book_discrepancies has these rows, too.
create or replace view vw_money_discrepancies
with (security_invoker = true) as
with events as (
  select
    tenant_id,
    payment_id,
    coalesce(sum(amount) filter (where event_type = 'captured'), 0) as captured,
    coalesce(sum(amount) filter (where event_type in ('refunded', 'dispute_lost')), 0) as given,
    coalesce(sum(amount) filter (where event_type = 'refunded'), 0) as refunded
  from payment_events
  where effect_key is not null
  group by tenant_id, payment_id
),
given_back as (
  select
    tenant_id,
    payment_id,
    coalesce(sum(amount) filter (where status = 'succeeded'), 0) as succeeded
  from refunds
  group by tenant_id, payment_id
),
payment_sums as (
  select
    p.*,
    coalesce(e.captured, 0) as told_captured,
    coalesce(e.given, 0) as told_given,
    coalesce(e.refunded, 0) as told_refunded,
    coalesce(g.succeeded, 0) as succeeded
  from payments as p
  left join events as e using (tenant_id, payment_id)
  left join given_back as g using (tenant_id, payment_id)
),
entries as (
  select tenant_id, customer_id, currency, sum(amount) as balance
  from wallet_entries
  group by tenant_id, customer_id, currency
),
taken as (
  select tenant_id, payment_id, -sum(amount) as amount
  from wallet_entries
  where kind = 'payment'
  group by tenant_id, payment_id
),
returned as (
  select tenant_id, r.payment_id, sum(e.amount) as amount
  from wallet_entries as e
  join refunds as r using (tenant_id, refund_id)
  group by tenant_id, r.payment_id
),
uses as (
  select tenant_id, promotion_id, count(*) as redeemed
  from promo_redemptions
  where returned_at is null
  group by tenant_id, promotion_id
)
select tenant_id, 'payment_captured' as kind, 'payment ' || payment_id as subject,
  told_captured::text as expected, captured_amount::text as actual
from payment_sums
where captured_amount <> told_captured
union all
select tenant_id, 'payment_refunded', 'payment ' || payment_id,
  told_given::text, refunded_amount::text
from payment_sums
where refunded_amount <> told_given
union all
select tenant_id, 'payment_refunds', 'payment ' || payment_id,
  told_refunded::text, succeeded::text
from payment_sums
where succeeded <> told_refunded
union all
select p.tenant_id, 'payment_currency', 'payment ' || p.payment_id, o.currency, p.currency
from payments as p
join orders as o using (tenant_id, order_id)
where p.currency <> o.currency
union all
-- What a wallet's payment took and gave back is what left the wallet and came back to it.
select p.tenant_id, 'wallet_payment', 'payment ' || p.payment_id,
  coalesce(t.amount, 0) - coalesce(r.amount, 0) || '',
  p.captured_amount - p.refunded_amount || ''
from payments as p
left join taken as t using (tenant_id, payment_id)
left join returned as r using (tenant_id, payment_id)
where p.provider = 'wallet'
  and p.captured_amount - p.refunded_amount <> coalesce(t.amount, 0) - coalesce(r.amount, 0)
union all
select w.tenant_id, 'wallet_balance', format('wallet of customer %s in %s', w.customer_id,
  w.currency), coalesce(e.balance, 0)::text, w.balance::text
from wallets as w
left join entries as e using (tenant_id, customer_id, currency)
where w.balance <> coalesce(e.balance, 0)
union all
select p.tenant_id, 'promo_redeemed', 'promotion ' || p.code, coalesce(u.redeemed, 0)::text,
  p.redeemed::text
from promotions as p
left join uses as u using (tenant_id, promotion_id)
where p.redeemed <> coalesce(u.redeemed, 0)
union all
select r.tenant_id, 'promo_open', 'order ' || r.order_id, 'given back', 'used'
from promo_redemptions as r
join orders as o using (tenant_id, order_id)
where r.returned_at is null
  and o.order_status in ('cancelled', 'expired', 'payment_failed');

comment on view vw_money_discrepancies is
  'What does not add up in payments, refunds, wallets and promotions, one row each; empty when '
  'the books balance.';
comment on column vw_money_discrepancies.tenant_id is 'The shop.';
comment on column vw_money_discrepancies.kind is
  'payment_captured, payment_refunded (payment against its events), payment_refunds (refunds '
  'against events), payment_currency, wallet_payment (payment against entries), wallet_balance, '
  'promo_redeemed, promo_open (a closed order uses a code).';
comment on column vw_money_discrepancies.subject is 'What it is about, in words.';
comment on column vw_money_discrepancies.expected is 'What it should be.';
comment on column vw_money_discrepancies.actual is 'What it is.';
