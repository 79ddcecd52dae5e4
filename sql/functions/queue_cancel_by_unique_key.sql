-- Cancels the job that holds a unique key, as queue.cancel does; null when nobody holds it.
create or replace function queue.cancel_by_unique_key(p_key text)
returns text
language sql volatile
as $$
  select queue.cancel(j.job_id)
  from queue.jobs as j
  where j.unique_key = p_key
    and j.unique_held
$$;

comment on function queue.cancel_by_unique_key(text) is
  'Cancels the job that holds a unique key: cancelled, cancelling, or null when nobody holds it.';
