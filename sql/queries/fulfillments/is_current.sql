-- Whether no later attempt has begun; holds the fulfilment so that none can before the commit.
-- $1 fulfilment, $2 attempt, $3 tenant. Locks: the order, the fulfilment.
select (lock_fulfillment($3, $1)).attempt = $2 as "is_current!"
