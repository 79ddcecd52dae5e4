-- Jobs that were tried more than once or failed, under the name that earlier systems gave them.
create or replace view retry_operations
with (security_invoker = true) as
select
  q.tenant_id,
  q.id,
  q.queue_type as type,
  q.queue_type,
  q.order_id,
  q.payload,
  q.attempts,
  q.max_attempts,
  case q.status when 'completed' then 'succeeded' else q.status end as status,
  q.next_attempt_at,
  q.last_error,
  q.dedupe_key,
  q.created_at,
  q.completed_at
from order_processing_queue as q
where q.attempts > 1
  or q.last_error is not null;

comment on view retry_operations is
  'Jobs that had to be tried again, or failed, as the table of this name in earlier systems showed '
  'them.';
comment on column retry_operations.tenant_id is 'The shop that the job''s arguments name.';
comment on column retry_operations.id is 'The job.';
comment on column retry_operations.type is 'What is tried: as order_processing_queue.queue_type.';
comment on column retry_operations.queue_type is 'The same.';
comment on column retry_operations.order_id is 'The order that its arguments name.';
comment on column retry_operations.payload is 'Its arguments.';
comment on column retry_operations.attempts is 'Attempts that count.';
comment on column retry_operations.max_attempts is 'Attempts before it is a dead letter.';
comment on column retry_operations.status is
  'pending, processing, succeeded, failed or dead_letter.';
comment on column retry_operations.next_attempt_at is 'When the next attempt is due.';
comment on column retry_operations.last_error is 'The last failure in words.';
comment on column retry_operations.dedupe_key is 'Its unique key.';
comment on column retry_operations.created_at is 'When it was enqueued.';
comment on column retry_operations.completed_at is 'When it ended.';
