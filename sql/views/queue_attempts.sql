-- Every attempt of every job: the log of those that did not succeed, the running ones, and the
-- successful ones, which are the finished rows themselves.
create or replace view queue.attempts
with (security_invoker = true) as
select
  job_id, attempt, kind, queue, worker_id, started_at, finished_at, outcome, error
from queue.attempts_log
union all
select
  job_id, attempt, kind, queue, worker_id, claimed_at, null, 'running', null
from queue.jobs
where state = 'running'
union all
select
  job_id, attempt, kind, queue, worker_id, claimed_at, finished_at, 'completed', null
from queue.finished_jobs
where state = 'completed';

comment on view queue.attempts is 'Every attempt of every job, running and successful ones too.';
comment on column queue.attempts.job_id is 'Whose attempt.';
comment on column queue.attempts.attempt is 'Its number, from 1.';
comment on column queue.attempts.kind is 'The kind of its job.';
comment on column queue.attempts.queue is 'The queue it was taken from.';
comment on column queue.attempts.worker_id is 'Who ran it.';
comment on column queue.attempts.started_at is 'When it was claimed.';
comment on column queue.attempts.finished_at is 'When it ended; null while it runs.';
comment on column queue.attempts.outcome is
  'running | completed | failed | lost | snoozed | waited | released | cancelled | discarded.';
comment on column queue.attempts.error is 'Its error chain.';
