-- Wakes workers when jobs are inserted: one notification per queue and transaction (PostgreSQL
-- folds equal ones), sent at commit, and none while a worker looks without being told. Channel
-- queue_jobs, payload the queue.
-- Of scheduled jobs due within a minute the workers hear when that is, to have the time in mind:
-- channel queue_due, payload milliseconds since 1970; later ones they learn of by queue.beat.
-- Workers of the release before are told '@' on queue_jobs, and ask.
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
  ) as fresh
  where not queue.is_watched(fresh.payload);
  perform pg_notify('queue_due', ceil(extract(epoch from soon.run_at) * 1000)::bigint::text)
  from (
    select min(f.run_at) as run_at
    from fresh_jobs as f
    where f.state = 'scheduled'
      and f.run_at < clock_now() + interval '1 minute'
  ) as soon
  where soon.run_at is not null;
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
