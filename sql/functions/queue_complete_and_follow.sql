-- Completes attempts as queue.complete does, and in the same transaction keeps their results and
-- enqueues what follows them: p_results and p_follow_ups are JSON texts, place by place, or null.
-- Nothing is kept and nothing follows where the lease was lost.
create or replace function queue.complete_and_follow(
  p_worker_id bigint,
  p_job_ids bigint[],
  p_attempts integer[],
  p_results text[],
  p_follow_ups text[]
)
returns bigint[]
language plpgsql volatile
as $$
declare
  v_completed constant bigint[] := queue.complete(p_worker_id, p_job_ids, p_attempts);
  v_follow_ups jsonb;
  v_plain jsonb := '[]';
begin
  insert into queue.job_data as d (job_id, worker_id, attempt, result)
  select done.job_id, p_worker_id, done.attempt, done.result::jsonb
  from unnest(p_job_ids, p_attempts, p_results) as done(job_id, attempt, result)
  where done.job_id = any (v_completed)
    and done.result is not null
  on conflict (job_id) do update
  set
    updated_at = clock_now(),
    worker_id = excluded.worker_id,
    attempt = excluded.attempt,
    result = excluded.result;

  for v_follow_ups in
    select done.follow_ups::jsonb
    from unnest(p_job_ids, p_follow_ups) as done(job_id, follow_ups)
    where done.job_id = any (v_completed)
      and done.follow_ups is not null
  loop
    -- Positions count within one job's list.
    if jsonb_path_exists(v_follow_ups, '$[*].after') then
      perform from queue.enqueue_many(v_follow_ups);
    else
      v_plain := v_plain || v_follow_ups;
    end if;
  end loop;
  if v_plain <> '[]' then
    perform from queue.enqueue_many(v_plain);
  end if;
  return v_completed;
end
$$;

comment on function queue.complete_and_follow(bigint, bigint[], integer[], text[], text[]) is
  'Completes attempts, keeps their results, enqueues what follows; internal.';
