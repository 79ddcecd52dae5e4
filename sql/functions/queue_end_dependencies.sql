-- Tells the jobs that wait for p_job_ids that these have ended (p_outcome: completed, discarded,
-- cancelled, dead). Called in the transaction that ends them, after the statement that does. Who
-- waits for nobody else goes on; whose edge says so is cancelled, and then those who wait for that
-- one are told in turn.
--
-- Two predecessors that end at the same moment: each first locks the row of the job that waits, so
-- the second sees what the first has settled. Under repeatable read it gets a serialization error.
-- Locks: the waiting jobs' rows, by id. Index: dependencies_after_idx, jobs_pkey.
create or replace function queue.end_dependencies(p_job_ids bigint[], p_outcome text)
returns void
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_now constant timestamptz := clock_now();
  v_ended bigint[] := p_job_ids;
  v_outcome text := p_outcome;
  v_free bigint[];
  v_failed bigint[];
  v_causes bigint[];
begin
  while v_ended is not null loop
    perform
    from queue.jobs as j
    where j.job_id in (
        select d.job_id
        from queue.dependencies as d
        where d.after_job_id = any (v_ended)
          and d.settled_at is null)
    order by j.job_id
    for update;

    with settled as (
      update queue.dependencies as d
      set settled_at = v_now, outcome = v_outcome
      where d.after_job_id = any (v_ended)
        and d.settled_at is null
        and not (v_outcome = 'dead' and d.on_failure = 'wait')
      returning
        d.job_id,
        case when v_outcome in ('dead', 'cancelled') and d.on_failure <> 'run'
          then d.after_job_id end as cause
    ),
    told as materialized (
      select s.job_id, count(*) as edges, min(s.cause) as cause
      from settled as s
      group by s.job_id
    ),
    counted as (
      update queue.jobs as j
      set waiting_for = j.waiting_for - t.edges
      from told as t
      where j.job_id = t.job_id
        and j.waiting_for > t.edges
        and t.cause is null
    )
    select
      array_agg(t.job_id) filter (where t.cause is null and j.waiting_for = t.edges),
      array_agg(t.job_id) filter (where t.cause is not null),
      array_agg(t.cause) filter (where t.cause is not null)
    into v_free, v_failed, v_causes
    from told as t
    join queue.jobs as j on j.job_id = t.job_id and j.state = 'waiting';

    if v_free is not null then
      perform queue.release_waiting(v_free);
    end if;
    v_ended := queue.cancel_waiting(v_failed, v_causes, v_outcome);
    v_outcome := 'cancelled';
  end loop;
end
$$;

comment on function queue.end_dependencies(bigint[], text) is
  'Tells those who wait for jobs that these have ended; internal.';
