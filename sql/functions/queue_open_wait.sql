-- A running job says what it is about to wait for, or looks whether that has come. p_named: the
-- name itself resumes it (queue.resume_wait('razorpay:pay_123')), and no two jobs can wait for the
-- same; otherwise a new token does, which is told here and never again. The same name in a later
-- attempt is the same wait, with the patience it had; what came stays.
-- Answers its outcome (null: nothing came yet; resumed; expired), a token, and what came.
-- Raises P0LSE when the lease was lost, P0JOB when another job waits for that name.
-- Locks: the wait's row. Index: waits_job_id_name_key, wait_tokens_pkey.
create or replace function queue.open_wait(
  p_worker_id bigint,
  p_job_id bigint,
  p_attempt integer,
  p_name text,
  p_named boolean,
  p_timeout_ms bigint
)
returns table (
  outcome text,
  token text,
  payload jsonb
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_token text;
  v_hash bytea;
  v_wait queue.waits;
begin
  if not exists (
    select from queue.jobs as j
    where j.job_id = p_job_id and j.attempt = p_attempt and j.worker_id = p_worker_id
  ) then
    raise exception 'job % attempt % is no longer leased to worker %',
      p_job_id, p_attempt, p_worker_id
      using errcode = 'P0LSE';
  end if;

  if p_named then
    v_hash := sha256(convert_to(p_name, 'UTF8'));
    select w.* into v_wait
    from queue.wait_tokens as t
    join queue.waits as w using (wait_id)
    where t.token_hash = v_hash
    for update of w;
    if v_wait.job_id <> p_job_id then
      raise exception 'job % waits for % already', v_wait.job_id, p_name
        using errcode = 'P0JOB', detail = jsonb_build_array(jsonb_build_object(
          'field', 'name', 'code', 'taken', 'message', 'another job waits for this name'))::text;
    elsif v_wait.wait_id is not null and v_wait.job_id is null then
      update queue.waits as w set job_id = p_job_id where w.wait_id = v_wait.wait_id;
    end if;
  end if;

  if v_wait.wait_id is null then
    insert into queue.waits (job_id, name, expires_at)
    values (
      p_job_id, p_name, v_now + least(p_timeout_ms, 315360000000) * interval '1 millisecond')
    on conflict (job_id, name) do nothing;
    select w.* into v_wait
    from queue.waits as w
    where w.job_id = p_job_id and w.name = p_name
    for update;
  end if;

  if v_wait.outcome is null and v_wait.expires_at <= v_now then
    update queue.waits as w
    set outcome = 'expired', ended_at = v_now
    where w.wait_id = v_wait.wait_id;
    v_wait.outcome := 'expired';
  end if;

  if v_wait.outcome is null then
    if not p_named then
      v_token := 'wait_' || replace(gen_random_uuid()::text || gen_random_uuid(), '-', '');
      v_hash := sha256(convert_to(v_token, 'UTF8'));
    end if;
    insert into queue.wait_tokens (token_hash, wait_id)
    values (v_hash, v_wait.wait_id)
    on conflict (token_hash) do nothing;
    if not found and p_named and not exists (
      select from queue.wait_tokens as t
      where t.token_hash = v_hash and t.wait_id = v_wait.wait_id
    ) then
      -- It came, or another job asked for it, since we looked: the caller asks again.
      raise exception 'somebody else is just at %', p_name using errcode = '40001';
    end if;
  end if;
  return query select v_wait.outcome, v_token, v_wait.payload;
end
$$;

comment on function queue.open_wait(bigint, bigint, integer, text, boolean, bigint) is
  'A running job begins to wait for an event from outside, or learns what came; internal.';
