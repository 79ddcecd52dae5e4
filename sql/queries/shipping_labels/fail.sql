-- $1 label, $2 failed or parked, $3 code, $4 message, $5 no service is left, $6 tenant.
-- Locks: the order, the fulfilment.
select sp_fail_label($1, $2, $3, $4, $5, $6)::text as "done"
