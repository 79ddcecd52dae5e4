-- Which attempts are still leased, and frees groups: of those that are not, the job has ended.
-- $1 worker_id, $2 job ids, $3 attempts, $4 group keys.
select queue.uncommitted($1, $2, $3) as "leased!", queue.free_groups($4)::text as freed
