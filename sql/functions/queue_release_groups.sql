-- Makes the next jobs of each group ready, as many as the group has places that no other of its
-- jobs takes (ready or running). They join the end of the line: groups take turns, in proportion to
-- their places, however much one of them has waiting.
-- Called in the transaction that freed the group, after the freeing statement, or after that has
-- committed (queue.free_groups).
-- Not by bitmaps: these never mark what they find dead, and each look would read all jobs that its
-- group ever had since the last vacuum.
-- Locks: the rows it makes ready; skips those that somebody else is moving.
create or replace function queue.release_groups(p_group_keys text[])
returns void
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  -- Asked once: the function behind it is planned anew for each statement that calls it.
  v_ages constant boolean := exists (select from queue.queues as q where q.ageing is not null);
begin
  with freed as (
    select named.group_key, coalesce(l.max_running, 1) as places
    from (select distinct unnest(p_group_keys) as group_key) as named
    left join queue.limits as l on l.scope = 'group' and l.name = named.group_key
  ),
  released as (
    select head.place
    from freed
    cross join lateral (
      select j.ctid as place
      from queue.jobs as j
      where j.group_key = freed.group_key
        and j.state = 'blocked'
      order by j.priority, j.run_at, j.job_id
      limit greatest(0, freed.places - (
        select count(*)
        from queue.jobs as busy
        where busy.group_key = freed.group_key
          and busy.state in ('ready', 'running')
      ))
      for update skip locked
    ) as head
  )
  update queue.jobs as j
  set
    state = 'ready',
    order_at = greatest(clock_now(), j.run_at)
      + case when v_ages then queue.head_start(j.queue, j.priority) else interval '0' end
  where j.ctid = any (array(select released.place from released));
end
$$;

comment on function queue.release_groups(text[]) is
  'Makes the next blocked jobs of each group ready where the group has free places; internal.';
