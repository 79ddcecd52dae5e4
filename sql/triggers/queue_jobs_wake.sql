-- Wakes workers when jobs are inserted: one notification per queue and transaction (PostgreSQL
-- folds equal ones), sent at commit. Channel queue_jobs, payload the queue; '@' for scheduled jobs
-- due within a minute, which those who promote them would otherwise meet at their next look.
create or replace function queue.wake()
returns trigger
language plpgsql volatile
as $$
begin
  perform pg_notify('queue_jobs', fresh.payload)
  from (
    select distinct case f.state when 'scheduled' then '@' else f.queue end as payload
    from fresh_jobs as f
    where f.state = 'ready'
      or (f.state = 'scheduled' and f.run_at < clock_now() + interval '1 minute')
  ) as fresh;
  return null;
end
$$;

comment on function queue.wake() is 'Notifies workers of inserted jobs; trigger of queue.jobs.';

create or replace trigger queue_jobs_wake
  after insert on queue.jobs
  referencing new table as fresh_jobs
  for each statement
  execute function queue.wake();

comment on trigger queue_jobs_wake on queue.jobs is 'Notifies workers of inserted jobs.';
