-- How much of a payment is known to be given back. $1 tenant, $2 provider, $3 payment there.
-- Index: payments_provider_payment_id_key.
select refunded_amount
from payments
where tenant_id = $1
  and provider = $2
  and provider_payment_id = $3
