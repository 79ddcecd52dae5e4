-- Enqueues jobs in the name of an Idempotency-Key, in one call and one transaction: the first
-- request with a key enqueues, and its answer is kept with it; each repetition gets that answer.
--
-- p_jobs: as queue.enqueue_many takes them. p_endpoint: what the key is used for, so that it cannot
-- be used for something else. Answers [{job_id, inserted}, ..] in the order of the jobs.
--
-- P0JOB (DETAIL: all problems), P0IDM (used for another request), P0IDF (in flight). A refused
-- request leaves nothing and does not use up its key.
create or replace function enqueue_once(
  p_jobs jsonb,
  p_tenant uuid,
  p_key text,
  p_endpoint text,
  p_request_hash bytea
)
returns table (
  replayed boolean,
  response jsonb
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_response jsonb;
begin
  v_response := claim_idempotency_key(p_tenant, p_key, p_endpoint, p_request_hash);
  if v_response is not null then
    return query select true, v_response;
    return;
  end if;

  select jsonb_agg(
    jsonb_build_object('job_id', e.job_id, 'inserted', e.inserted) order by e.position)
  into v_response
  from queue.enqueue_many(p_jobs) as e;
  insert into idempotency_keys (tenant_id, idempotency_key, endpoint, request_hash, response)
  values (p_tenant, p_key, p_endpoint, p_request_hash, v_response);
  return query select false, v_response;
end
$$;

comment on function enqueue_once(jsonb, uuid, text, text, bytea) is
  'Enqueues jobs once per Idempotency-Key and answers the first answer again. '
  'P0JOB, P0IDM, P0IDF.';
