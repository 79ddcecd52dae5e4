-- $1 limit. Locks: notices (skipping what others work on), orders.
select sp_fail_dead_notifications($1) as "ended!"
