-- $1 order, $2 trigger, retry or verify, $3 actor, $4 fulfilment or null: all, $5 tenant.
-- Locks: the order, its fulfilments, their jobs. Answers how many jobs will run.
select sp_run_fulfillments($1, $2, $3, $4, $5) as "jobs!"
