-- no-transaction
-- The promise of groups: each place is held by at most one running job, whatever the code above
-- does. Takes the place of jobs_group_running_idx, which allowed one job a group.
create unique index concurrently jobs_group_slot_idx on queue.jobs (group_key, group_slot)
  where group_key is not null and state = 'running';
