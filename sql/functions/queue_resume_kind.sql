-- Resumes a paused kind and wakes all workers.
create or replace function queue.resume_kind(p_kind text)
returns void
language plpgsql volatile
as $$
begin
  update queue.kinds
  set paused = false, changed_at = clock_now()
  where kind = p_kind
    and paused;
  perform pg_notify('queue_jobs', '*');
end
$$;

comment on function queue.resume_kind(text) is 'Lets workers claim a paused kind again.';
