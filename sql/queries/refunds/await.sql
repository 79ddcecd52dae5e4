-- $1 refund, $2 attempt, $3 provider's id or null, $4 what failed or null, $5 whether the provider
-- may have it, $6 tenant. False: another attempt began. Locks: the order, the refund.
select sp_await_refund($1, $2, $3, $4, $5, $6) as "is_current!"
