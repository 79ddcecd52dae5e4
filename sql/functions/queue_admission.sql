-- What a front door needs to know to refuse jobs before the backlog hurts. Each process that
-- enqueues for others asks about once a second, whatever it enqueues, and decides by the answer
-- and by what it let in since. p_sent is what it let in since the last time:
--   [{"sender": "..", "jobs": 3, "job_ids": [..]}]   (job_ids only of senders with max_waiting)
--
-- Answers {"queues": {name: ..}, "quotas": {sender: ..}}, of those that have a limit:
--   queues  max_wait_ms, max_waiting; waiting: jobs ready or blocked now (counted up to a million);
--           drained_per_second: since there is a backlog, of the last ten seconds at most, for a
--           queue that had nothing to do was slow for want of jobs; oldest_ms: how long the oldest
--           ready job is due, which is all there is to go by while nothing is worked off
--   quotas  max_waiting and waiting (its unfinished jobs); max_per_minute and balance (jobs that
--           it may still send)
-- Without any limit set this costs two look-ups in empty tables.
-- Locks: rows of queue.quotas whose balance changes, in order of sender.
-- Index: jobs_line_idx and jobs_blocked_idx, for queues with a service level only.
create or replace function queue.admission(p_sent jsonb default '[]')
returns jsonb
language plpgsql volatile
set jit = off
-- One look-up by key per job of a quota, and no scan of the hot table where it is young.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_now constant timestamptz := clock_now();
  v_queues jsonb := '{}';
  v_quotas jsonb := '{}';
begin
  if exists (select from queue.quotas) then
    insert into queue.quota_jobs (sender, job_id)
    select q.sender, job_id::bigint
    from jsonb_to_recordset(p_sent) as sent(sender text, job_ids jsonb)
    join queue.quotas as q on q.sender = sent.sender and q.max_waiting is not null
    cross join lateral jsonb_array_elements_text(coalesce(sent.job_ids, '[]')) as job_id
    on conflict do nothing;

    perform from queue.quotas as q
    where q.sender in (select s.sender from jsonb_to_recordset(p_sent) as s(sender text))
    order by q.sender
    for update;
    update queue.quotas as q
    set
      balance = least(
          q.max_per_minute,
          q.balance + q.max_per_minute / 60.0 * extract(epoch from v_now - q.refilled_at))
        - sent.jobs,
      refilled_at = greatest(q.refilled_at, v_now)
    from (
      select s.sender, sum(s.jobs) as jobs
      from jsonb_to_recordset(p_sent) as s(sender text, jobs bigint)
      group by s.sender
    ) as sent
    where q.sender = sent.sender
      and q.max_per_minute is not null;

    delete from queue.quota_jobs as sent
    where not exists (select from queue.jobs as j where j.job_id = sent.job_id);
    select jsonb_object_agg(q.sender, jsonb_build_object(
      'max_waiting', q.max_waiting,
      'waiting', (select count(*) from queue.quota_jobs as sent where sent.sender = q.sender),
      'max_per_minute', q.max_per_minute,
      'balance', least(
        q.max_per_minute,
        q.balance + q.max_per_minute / 60.0 * extract(epoch from v_now - q.refilled_at))))
    into v_quotas
    from queue.quotas as q;
  end if;

  if exists (
    select from queue.queues as q where q.max_wait_ms is not null or q.max_waiting is not null
  ) then
    select jsonb_object_agg(q.queue, jsonb_build_object(
      'max_wait_ms', q.max_wait_ms,
      'max_waiting', q.max_waiting,
      'waiting', ready.jobs + blocked.jobs,
      'oldest_ms', greatest(0, extract(epoch from v_now - ready.order_at) * 1000),
      'drained_per_second', coalesce(drained.per_second, 0)))
    into v_queues
    from queue.queues as q
    cross join lateral (
      select count(*) as jobs, min(counted.order_at) as order_at
      from (
        select j.order_at
        from queue.jobs as j
        where j.state = 'ready' and j.queue = q.queue
        limit 1000000
      ) as counted
    ) as ready
    cross join lateral (
      select count(*) as jobs
      from (
        select from queue.jobs as j where j.state = 'blocked' and j.queue = q.queue limit 1000000
      ) as counted
    ) as blocked
    cross join lateral (
      select sum(r.ended / r.seconds) as per_second
      from queue.lately(least(10, greatest(1,
        ceil(extract(epoch from v_now - ready.order_at))))::integer) as r
      where r.outcome = 'completed'
        and r.queue = q.queue
    ) as drained
    where q.max_wait_ms is not null
      or q.max_waiting is not null;
  end if;
  return jsonb_build_object(
    'queues', coalesce(v_queues, '{}'), 'quotas', coalesce(v_quotas, '{}'));
end
$$;

comment on function queue.admission(jsonb) is
  'What a front door has to know of service levels and quotas; takes what it let in since.';
