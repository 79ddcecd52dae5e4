-- Enqueues a job as the schedule would, now, whether it is paused or not. Its ticks stay as they
-- are. Answers the job; null when there is no such schedule.
create or replace function queue.run_schedule(p_schedule text)
returns bigint
language sql volatile
as $$
  with made as (
    select e.job_id
    from queue.schedules as s
    cross join lateral queue.enqueue(
      p_kind => s.kind,
      p_args => s.args,
      p_queue => s.queue,
      p_priority => s.priority,
      p_group_key => s.group_key
    ) as e
    where s.schedule = p_schedule
  ),
  noted as (
    update queue.schedules as s
    set last_job_id = made.job_id
    from made
    where s.schedule = p_schedule
  )
  select made.job_id from made
$$;

comment on function queue.run_schedule(text) is
  'Enqueues a schedule''s job now, besides its ticks; answers the job, null without a schedule.';
