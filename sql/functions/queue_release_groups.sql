-- Makes the next job of each group ready, where no other job of the group is ready or running.
-- Called in the transaction that freed the group, after the freeing statement.
-- Locks: the rows it makes ready; skips those that somebody else is moving.
create or replace function queue.release_groups(p_group_keys text[])
returns void
language sql volatile
as $$
  with released as (
    select head.job_id
    from (select distinct unnest(p_group_keys) as group_key) as freed
    cross join lateral (
      select j.job_id
      from queue.jobs as j
      where j.group_key = freed.group_key
        and j.state = 'blocked'
      order by j.priority, j.run_at, j.job_id
      limit 1
      for update skip locked
    ) as head
    where not exists (
      select from queue.jobs as busy
      where busy.group_key = freed.group_key
        and busy.state in ('ready', 'running')
    )
  )
  update queue.jobs as j
  set state = 'ready'
  from released
  where j.job_id = released.job_id
    and j.state = 'blocked'
$$;

comment on function queue.release_groups(text[]) is
  'Makes the next blocked job of each group ready where the group has become free; internal.';
