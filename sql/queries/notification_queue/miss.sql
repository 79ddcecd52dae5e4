-- $1 tenant, $2 notification, $3 provider, $4 its code, $5 error, $6 may have been taken,
-- $7 looks permanent, $8 no attempt follows. Locks: the notice, its order when it is given up.
select miss_notification($1, $2, $3, $4, $5, $6, $7, $8) = 'failed' as "is_over!"
