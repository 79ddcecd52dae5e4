-- Our refund that a provider names: by its id there, or by ours if it is of that payment.
-- $1 tenant, $2 provider, $3 payment there, $4 refund there, $5 our refund or null.
-- Indexes: payments_provider_payment_id_key, refunds_payment_id_idx.
select r.refund_id
from payments as p
join refunds as r using (tenant_id, payment_id)
where p.tenant_id = $1
  and p.provider = $2
  and p.provider_payment_id = $3
  and (r.provider_refund_id = $4 or r.provider_refund_id is null and r.refund_id = $5)
order by r.provider_refund_id is null
limit 1
