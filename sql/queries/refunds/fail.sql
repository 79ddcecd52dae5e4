-- $1 refund, $2 provider's id or null, $3 code, $4 message, $5 severity, $6 whether it surely had
-- no effect, $7 tenant. Locks: the order, its payments, the refund.
select sp_fail_refund($1, $2, $3, $4, $5, $6, $7)::text as "done"
