-- no-transaction
-- Gives the jobs that are waiting already their place in line. Locks: their rows, in one go.
update queue.jobs
set order_at = run_at, rank = priority, group_slot = case when group_key is not null then 0 end
where state = 'running' and group_key is not null
  or state <> 'running' and (order_at <> run_at or rank <> priority);
