-- Makes a queue serve by priority and waiting time: one step of priority is worth p_step, so a job
-- can be overtaken only by jobs that come within (its priority - theirs) * p_step after it. That is
-- the bound of its starvation. Null: strictly by priority again. Jobs that wait already are placed
-- anew. Locks: the waiting jobs of the queue.
create or replace function queue.set_ageing(p_queue text, p_step interval)
returns void
language plpgsql volatile
as $$
begin
  insert into queue.queues as q (queue, ageing)
  values (p_queue, p_step)
  on conflict (queue) do update
  set ageing = excluded.ageing, changed_at = clock_now();
  perform queue.place_in_line(array(
    select j.job_id from queue.jobs as j where j.queue = p_queue and j.state <> 'running'));
  perform pg_notify('queue_jobs', '*');
end
$$;

comment on function queue.set_ageing(text, interval) is
  'What one step of priority is worth in waiting time in a queue; null: strict priorities.';
