-- When the next scheduled job is due, or the patience of a parked one ends; null: no job waits for
-- a time. Index: jobs_scheduled_idx, jobs_parked_idx.
create or replace function queue.next_due_at()
returns timestamptz
language sql stable
as $$
  select least(
    (select min(j.run_at) from queue.jobs as j where j.state = 'scheduled'),
    (
      select min(j.run_at)
      from queue.jobs as j
      where j.state = 'waiting' and j.waiting_for is null
    ))
$$;

comment on function queue.next_due_at() is
  'When the next job is due that waits for a time, or null; internal.';
