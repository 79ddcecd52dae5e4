-- $1 limit. Locks: orders, levels, reservations (skipping what others work on).
select sp_expire_reservations($1) as "ended!"
