-- Makes scheduled jobs whose time has come ready, at most p_limit, and wakes the workers of their
-- queues; lets parked jobs go on whose patience ends. Answers how many it promoted and in how many
-- milliseconds the next one is due (null: none is). Any number of workers may call it at once.
-- p_tell: tell the others (channel queue_due) that nobody else need do it now, and when the next
-- one is due.
-- Locks: the promoted rows, skipping locked ones. Index: jobs_scheduled_idx, jobs_parked_idx.
create or replace function queue.promote(p_limit integer, p_tell boolean)
returns table (
  promoted integer,
  next_in_ms bigint
)
language plpgsql volatile
set plan_cache_mode = force_custom_plan
as $$
declare
  v_now constant timestamptz := clock_now();
  v_count integer;
  v_queues text[];
  v_group_keys text[];
  v_next timestamptz;
begin
  with due as materialized (
    select j.job_id
    from queue.jobs as j
    where j.state = 'scheduled'
      and j.run_at <= v_now
    order by j.run_at, j.job_id
    limit p_limit
    for update skip locked
  ),
  moved as (
    update queue.jobs as j
    set state = case when j.group_key is null then 'ready' else 'blocked' end
    where j.job_id = any (array(select due.job_id from due))
    returning j.queue, j.group_key
  )
  select
    count(*),
    array_agg(distinct m.queue),
    array_agg(distinct m.group_key) filter (where m.group_key is not null)
  into v_count, v_queues, v_group_keys
  from moved as m;

  if v_group_keys is not null then
    perform queue.release_groups(v_group_keys);
  end if;
  if v_count > 0 then
    perform pg_notify('queue_jobs', woken.queue) from unnest(v_queues) as woken(queue);
  end if;

  perform queue.expire_waits(p_limit);

  v_next := queue.next_due_at();
  if p_tell then
    perform pg_notify('queue_due', format(
      'done %s %s',
      floor(extract(epoch from v_now) * 1000)::bigint,
      ceil(extract(epoch from v_next) * 1000)::bigint));
  end if;

  return query
    select
      v_count,
      case when v_next is not null
        then greatest(0, ceil(extract(epoch from v_next - clock_now()) * 1000))::bigint end;
end
$$;

comment on function queue.promote(integer, boolean) is
  'Makes due scheduled jobs ready; answers how many and when the next is due; internal.';
