-- The safety net of notifications: wakes the workers of queues that have ready jobs. What is ready
-- for more than a minute waits for something else than a lost notification (a handler that nobody
-- has, a limit), so of that the workers hear one time in ten.
-- Answers whether there are any. Walks from queue to queue through the index of ready jobs.
create or replace function queue.wake_ready()
returns boolean
language plpgsql volatile
as $$
declare
  v_queue text;
  v_run_at timestamptz;
  v_any boolean := false;
begin
  loop
    select j.queue, j.run_at into v_queue, v_run_at
    from queue.jobs as j
    where j.state = 'ready'
      and (v_queue is null or j.queue > v_queue)
    order by j.queue
    limit 1;
    exit when not found;
    v_any := true;
    if v_run_at > clock_now() - interval '1 minute' or random() < 0.1 then
      perform pg_notify('queue_jobs', v_queue);
    end if;
  end loop;
  return v_any;
end
$$;

comment on function queue.wake_ready() is
  'Wakes the workers of queues with ready jobs, should a notification have been lost; internal.';
