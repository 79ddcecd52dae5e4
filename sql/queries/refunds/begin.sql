-- $1 refund, $2 tenant. No row: it is over. Locks: the order, the refund.
select
  order_id as "order_id!",
  order_number as "order_number!",
  provider_code as "provider_code!",
  provider_payment_id,
  provider_refund_id,
  reference as "reference!",
  currency as "currency!",
  amount as "amount!",
  attempt as "attempt!",
  failures as "failures!",
  resumed as "resumed!",
  extract(epoch from clock_now() - last_submitted_at)::double precision as last_submitted_seconds
from sp_begin_refund($1, $2)
