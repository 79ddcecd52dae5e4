-- Completes attempts with results and follow-up jobs: see queue.complete_and_follow. Answers the
-- jobs that it completed, and those whose follow-ups cannot be enqueued, with the reason: these are
-- not completed. One that is missing was fenced.
-- When anything in the batch is refused, each job gets a subtransaction of its own.
create or replace function queue.complete_with(
  p_worker_id bigint,
  p_job_ids bigint[],
  p_attempts integer[],
  p_results text[],
  p_follow_ups text[]
)
returns table (
  job_id bigint,
  refusal text
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_completed bigint[];
begin
  begin
    v_completed := queue.complete_and_follow(
      p_worker_id, p_job_ids, p_attempts, p_results, p_follow_ups);
    return query select done.job_id, null::text from unnest(v_completed) as done(job_id);
    return;
  exception
    when sqlstate 'P0JOB' then null;
  end;

  for ord in 1 .. cardinality(p_job_ids) loop
    begin
      v_completed := queue.complete_and_follow(
        p_worker_id, p_job_ids[ord:ord], p_attempts[ord:ord], p_results[ord:ord],
        p_follow_ups[ord:ord]);
      refusal := null;
    exception
      when sqlstate 'P0JOB' then
        v_completed := p_job_ids[ord:ord];
        refusal := sqlerrm;
    end;
    if v_completed <> '{}' then
      job_id := p_job_ids[ord];
      return next;
    end if;
  end loop;
end
$$;

comment on function queue.complete_with(bigint, bigint[], integer[], text[], text[]) is
  'Completes attempts with results and follow-ups, or says why not; internal.';
