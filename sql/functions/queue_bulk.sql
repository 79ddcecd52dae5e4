-- One batch of a bulk change over the jobs that fit a filter (queue.job_condition): cancel, retry
-- (dead ones), move (to p_queue), prioritise (to p_priority), delete (dead ones). Call it, each
-- call a transaction of its own, with p_after => the last_id of the call before, until last_id is
-- null: a short transaction holds up no worker, and what is done stays done when somebody stops.
--
-- Answers how many fitted, how many were changed (the rest were being changed by somebody else in
-- that moment, or may not be: a dead job whose unique key another one holds by now), and where to
-- go on. Running jobs are cancelled as queue.cancel does, and neither moved nor re-prioritised.
--
-- Locks: the rows of the batch, skipping locked ones. Index: the tables' keys.
create or replace function queue.bulk(
  p_action text,
  p_filter jsonb,
  p_after bigint default 0,
  p_limit integer default 200,
  p_queue text default null,
  p_priority smallint default null
)
returns table (
  matched integer,
  changed integer,
  last_id bigint
)
language plpgsql volatile
set jit = off
as $$
declare
  v_limit constant integer := least(greatest(p_limit, 1), 1000);
  v_source text;
  v_condition text;
  v_job_ids bigint[];
  v_job_id bigint;
begin
  if p_action = 'move' and coalesce(p_queue, '') !~ '^[A-Za-z0-9_.:/-]{1,100}$' then
    raise exception 'a queue is called by 1 to 100 of letters, digits and _ . : / -'
      using errcode = '22023';
  end if;
  if p_action = 'prioritise' and p_priority is null then
    raise exception 'prioritise needs a priority' using errcode = '22023';
  end if;
  matched := 0;
  changed := 0;
  select s.source, s.condition || ' and ' || queue.job_condition(p_filter, s.source)
  into v_source, v_condition
  from queue.bulk_states(p_action) as s;
  if v_condition is null then
    return next;
    return;
  end if;

  execute format(
    'select count(*), max(job_id), array_agg(job_id) from (
      select j.job_id from queue.%I as j where j.job_id > $1 and %s order by j.job_id limit $2
    ) as picked', v_source, v_condition)
  into matched, last_id, v_job_ids
  using p_after, v_limit;
  if matched < v_limit then
    last_id := null;
  end if;
  execute format(
    'select coalesce(array_agg(job_id), ''{}'') from (
      select j.job_id from queue.%I as j where j.job_id = any ($1) and %s
      order by j.job_id for update skip locked
    ) as held', v_source, v_condition)
  into v_job_ids
  using v_job_ids;

  case p_action
    when 'cancel' then
      changed := cardinality(array(
        select queue.cancel(held.job_id) from unnest(v_job_ids) as held(job_id)));
    when 'delete' then
      delete from queue.dead_jobs as d where d.job_id = any (v_job_ids);
      get diagnostics changed = row_count;
      -- Who waits for the retry of one of them would wait for ever.
      perform queue.end_dependencies(v_job_ids, 'cancelled');
    when 'retry' then
      foreach v_job_id in array v_job_ids loop
        begin
          changed := changed + queue.retry(v_job_id)::integer;
        exception
          when sqlstate 'P0JOB' then
            null; -- its unique key is another job's: it stays dead
        end;
      end loop;
    else
      update queue.jobs as j
      set
        queue = coalesce(p_queue, j.queue),
        priority = coalesce(p_priority, j.priority)
      where j.job_id = any (v_job_ids);
      get diagnostics changed = row_count;
      perform queue.place_in_line(v_job_ids);
      perform pg_notify('queue_jobs', woken.queue)
      from (
        select distinct j.queue from queue.jobs as j where j.job_id = any (v_job_ids)
      ) as woken;
  end case;
  return next;
end
$$;

comment on function queue.bulk(text, jsonb, bigint, integer, text, smallint) is
  'One batch of cancel, retry, move, prioritise or delete over the jobs that fit a filter.';
