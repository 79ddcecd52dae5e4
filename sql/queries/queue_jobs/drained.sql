-- What a worker has come to that drains queues. $1: its name, $2: the queues. left: what it still
-- has to do; blocked jobs and those that are due count, later ones are only scheduled.
select
  (
    select count(*) from queue.jobs as j
    where j.queue = any ($2) and (j.state in ('ready', 'blocked', 'running')
      or (j.state = 'scheduled' and j.run_at <= clock_now()))
  ) as "left!",
  (
    select count(*) from queue.jobs as j
    where j.queue = any ($2) and j.state = 'scheduled' and j.run_at > clock_now()
  ) as "scheduled!",
  (
    select count(*) from queue.finished_jobs as f
    where f.state = 'completed'
      and f.worker_id = (select w.worker_id from queue.workers as w where w.name = $1)
  ) as "completed!",
  (
    select count(*) from queue.finished_jobs as f
    where f.state <> 'completed'
      and f.worker_id = (select w.worker_id from queue.workers as w where w.name = $1)
  ) as "given_up!",
  (
    select count(*) from queue.dead_jobs as d
    where d.worker_id = (select w.worker_id from queue.workers as w where w.name = $1)
  ) as "dead!"
