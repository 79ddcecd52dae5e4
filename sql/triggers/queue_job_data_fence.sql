-- Nothing of an attempt that has lost its lease is kept: checked when the transaction commits, so
-- that a handler may hold it open for as long as it likes without a lock on its job's row, which
-- would make the rescue of a frozen worker's jobs wait for that worker.
create or replace function queue.fence_job_data()
returns trigger
language plpgsql volatile
as $$
begin
  perform
  from queue.jobs as j
  where j.job_id = new.job_id
    and j.attempt = new.attempt
    and j.worker_id = new.worker_id
  for key share;
  if found then
    return null;
  end if;
  -- Its own transaction may have completed it.
  perform
  from queue.finished_jobs as f
  where f.job_id = new.job_id
    and f.attempt = new.attempt
    and f.worker_id = new.worker_id;
  if not found then
    raise exception 'job % attempt % is no longer leased to worker %',
      new.job_id, new.attempt, new.worker_id
      using errcode = 'P0LSE';
  end if;
  return null;
end
$$;

comment on function queue.fence_job_data() is
  'Refuses what an attempt without a lease wrote; trigger of queue.job_data, at the commit.';

drop trigger if exists queue_job_data_fence on queue.job_data;

create constraint trigger queue_job_data_fence
  after insert or update on queue.job_data
  deferrable initially deferred
  for each row
  execute function queue.fence_job_data();

comment on trigger queue_job_data_fence on queue.job_data is
  'Refuses, at the commit, what an attempt without a lease wrote.';
