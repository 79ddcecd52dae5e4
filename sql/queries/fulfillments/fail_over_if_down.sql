-- $1 fulfilment, $2 actor, $3 tenant, $4 provider, $5 account, $6 seconds: only if the provider's
-- breaker has not been closed for so long. No row: it has. Locks: the order, the fulfilment.
-- Index: provider_gates_pkey.
select sp_fail_over_fulfillment($1, false, $2, $3) as "fulfillment_id"
from provider_gates
where provider = $4
  and account = $5
  and state <> 'closed'
  and opened_at <= clock_now() - $6::double precision * interval '1 second'
