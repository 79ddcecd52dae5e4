-- $1 limit. Locks: orders, each before its fulfilment.
select park_dead_labels($1) as "ended!"
