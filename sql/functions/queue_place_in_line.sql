-- Gives waiting jobs the place in line that their queue, kind and priority mean now. To be called
-- after one of these was changed. A job that its group has let go keeps its time.
-- Locks: the jobs' rows. Index: jobs_pkey.
create or replace function queue.place_in_line(p_job_ids bigint[])
returns void
language sql volatile
as $$
  update queue.jobs as j
  set
    rank = queue.rank_of(j.queue, j.priority),
    line = queue.line_of(j.kind),
    order_at = case
      when j.group_key is not null and j.state = 'ready' then j.order_at
      else j.run_at + queue.head_start(j.queue, j.priority)
    end
  where j.job_id = any (p_job_ids)
    and j.state <> 'running'
$$;

comment on function queue.place_in_line(bigint[]) is
  'Gives waiting jobs their place in line anew, after queue, kind or priority changed; internal.';
