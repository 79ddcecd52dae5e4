-- $1 limit. Locks: orders, each before its fulfilment.
select sp_park_dead_fulfillments($1) as "ended!"
