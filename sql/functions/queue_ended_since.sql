-- How attempts ended after p_since, of jobs that fit the names given, oldest first, and the time
-- that all of them are before: ask again with p_since => now. For people who watch.
-- As queue.lately it reads 256 pages at the end of each history at most; what ended so fast that it
-- does not stand there any more is not shown.
-- Locks: none.
create or replace function queue.ended_since(
  p_since timestamptz,
  p_queue text default null,
  p_kind text default null,
  p_limit integer default 1000
)
returns table (
  ended_at timestamptz,
  started_at timestamptz,
  job_id bigint,
  queue text,
  kind text,
  attempt integer,
  worker_id bigint,
  outcome text,
  error text
)
language plpgsql stable
set jit = off
as $$
#variable_conflict use_column
declare
  c_pages constant bigint := 256;
  v_parts text;
begin
  select string_agg(
    format(
      'select finished_at, %s, job_id, queue, kind, attempt, worker_id, %s from only queue.%I '
        'where ctid >= %L and finished_at > $1',
      case i.history when 'finished_jobs' then 'claimed_at' else 'started_at' end,
      case i.history when 'finished_jobs' then 'state, last_error' else 'outcome, error' end,
      c.relname,
      format('(%s,0)', greatest(
        0, pg_relation_size(c.oid) / current_setting('block_size')::bigint - c_pages))),
    ' union all ')
  into v_parts
  from (values ('finished_jobs'), ('attempts_log')) as i(history)
  join pg_catalog.pg_inherits as h on h.inhparent = ('queue.' || i.history)::regclass
  join pg_catalog.pg_class as c on c.oid = h.inhrelid
  where c.relname = i.history || '_default'
    or c.relname in (
      i.history || to_char(clock_now() at time zone 'UTC', '"_"YYYYMMDD'),
      i.history || to_char(p_since at time zone 'UTC', '"_"YYYYMMDD'));

  return query execute
    'select n.finished_at, n.claimed_at, n.job_id, n.queue, n.kind, n.attempt, n.worker_id, '
    '  case when n.state = ''failed'' and exists ( '
    '    select from queue.dead_jobs as d where d.job_id = n.job_id and d.attempt = n.attempt) '
    '  then ''dead'' else n.state end, case n.state when ''completed'' then null '
    '  else left(n.last_error, 500) end '
    'from (' || v_parts || ') as n(finished_at, claimed_at, job_id, queue, kind, attempt, '
    '  worker_id, state, last_error) '
    'where ($2 is null or n.queue = $2) and ($3 is null or n.kind = $3) '
    'order by n.finished_at, n.job_id limit $4'
  using p_since, p_queue, p_kind, p_limit;
end
$$;

comment on function queue.ended_since(timestamptz, text, text, integer) is
  'How attempts ended lately, oldest first, for people who watch.';
