-- $1 round, $2 tenant. Locks: orders (ascending), the round, fulfilments.
select sp_cancel_pick_batch($1, $2)::text as "done"
