-- Lets waiting jobs go on: ready, or scheduled when their run_at is ahead, or behind their group.
-- They are due from now on. A parked job's run_at was the end of its patience: it is due at once.
-- The time is that of the transaction, which may be older than the job: hence its created_at.
-- Wakes workers at the commit. Jobs that do not wait any more are left alone.
-- Locks: the jobs' rows. Index: jobs_pkey.
create or replace function queue.release_waiting(p_job_ids bigint[])
returns void
language plpgsql volatile
set jit = off
set enable_seqscan = off
as $$
declare
  v_now constant timestamptz := clock_now();
  v_wake text[];
  v_group_keys text[];
begin
  with moved as (
    update queue.jobs as j
    set
      waiting_for = null,
      run_at = case when j.waiting_for is null then v_now else greatest(j.run_at, v_now) end,
      order_at = case when j.waiting_for is null then v_now else greatest(j.run_at, v_now) end
        + queue.head_start(j.queue, j.priority),
      state = case
        when j.waiting_for is not null and j.run_at > greatest(v_now, j.created_at)
          then 'scheduled'
        when j.group_key is not null then 'blocked'
        else 'ready'
      end
    where j.job_id = any (p_job_ids)
      and j.state = 'waiting'
    returning j.queue, j.group_key, j.state
  )
  select
    array_agg(distinct case m.state when 'scheduled' then '@' else m.queue end),
    array_agg(distinct m.group_key) filter (where m.group_key is not null)
  into v_wake, v_group_keys
  from moved as m;

  if v_group_keys is not null then
    perform queue.release_groups(v_group_keys);
  end if;
  perform pg_notify('queue_jobs', woken.payload) from unnest(v_wake) as woken(payload);
end
$$;

comment on function queue.release_waiting(bigint[]) is
  'Lets waiting jobs go on and wakes their workers; internal.';
