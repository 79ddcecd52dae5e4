-- $1 parcels of the look, $2 what happened to them. Locks: orders by id, parcels, the schedule.
select record_polls($1, $2) as "news!"
