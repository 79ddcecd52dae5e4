-- The safety net of groups: frees those that have blocked jobs and a free place, the trace of an
-- enqueue and a completion that did not see each other, or of a worker that died between the commit
-- of a handler and queue.free_groups. Called at each look after the fleet (queue.beat): while any
-- worker holds leases, or may, every 0.3 to 0.6 heartbeats, so within three seconds by default.
-- Walks from group to group through jobs_blocked_idx, so a group of a million blocked jobs costs
-- one step. The settings: as those of queue.release_groups.
create or replace function queue.sweep_groups()
returns void
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_stalled text[];
begin
  with recursive blocked(group_key) as (
    (
      select j.group_key
      from queue.jobs as j
      where j.state = 'blocked'
      order by j.group_key
      limit 1
    )
    union all
    select (
      select j.group_key
      from queue.jobs as j
      where j.state = 'blocked' and j.group_key > blocked.group_key
      order by j.group_key
      limit 1
    )
    from blocked
    where blocked.group_key is not null
  )
  select array_agg(b.group_key) into v_stalled
  from blocked as b
  left join queue.limits as l on l.scope = 'group' and l.name = b.group_key
  where b.group_key is not null
    and coalesce(l.max_running, 1) > (
      select count(*) from queue.jobs as j
      where j.group_key = b.group_key and j.state in ('ready', 'running'));

  if v_stalled is not null then
    perform queue.free_groups(v_stalled);
    perform pg_notify('queue_jobs', '*');
  end if;
end
$$;

comment on function queue.sweep_groups() is
  'Releases groups that have blocked jobs and free places; internal, called by the workers.';
