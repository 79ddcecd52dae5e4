-- Which attempts are still leased. $1 worker_id, $2 job ids, $3 attempts.
select queue.uncommitted($1, $2, $3) as "leased!"
