-- An event from outside came: the job that waits for it goes on, with p_payload. p_token is what
-- its handler was given for it, or the name that it waits for. May be called before the job is
-- parked, and again and again. Answers
--   resumed  the job goes on (at once, or as soon as it would have begun to wait)
--   already  it was resumed before; what came first stays
--   expired  it came too late: the job has gone on without
--   early    nobody waits for that name yet; kept, for as long as finished jobs are
--   null     such a token was never given, or its job's history was dropped
-- Locks: the wait's row, then its job's. Index: wait_tokens_pkey.
create or replace function queue.resume_wait(p_token text, p_payload jsonb default null)
returns text
language plpgsql volatile
as $$
declare
  v_now constant timestamptz := clock_now();
  v_hash constant bytea := sha256(convert_to(p_token, 'UTF8'));
  v_wait queue.waits;
begin
  if octet_length(p_token) not between 1 and 500 or p_token is null then
    raise exception 'a token or name must be 1 to 500 bytes'
      using errcode = 'P0JOB', detail = jsonb_build_array(jsonb_build_object(
        'field', 'token', 'code', 'length', 'message', 'token must be 1 to 500 bytes'))::text;
  end if;
  if octet_length(p_payload::text) > 1048576 then
    raise exception 'a payload must be at most 1048576 bytes of JSON'
      using errcode = 'P0JOB', detail = jsonb_build_array(jsonb_build_object(
        'field', 'payload', 'code', 'too_large',
        'message', 'payload must be at most 1048576 bytes of JSON'))::text;
  end if;

  for round in 1 .. 3 loop
    select w.* into v_wait
    from queue.wait_tokens as t
    join queue.waits as w using (wait_id)
    where t.token_hash = v_hash
    for update of w;

    if found then
      if v_wait.outcome is not null then
        return case v_wait.outcome when 'resumed' then 'already' else v_wait.outcome end;
      end if;
      update queue.waits as w
      set outcome = 'resumed', ended_at = v_now, payload = p_payload, parked = false
      where w.wait_id = v_wait.wait_id;
      if v_wait.parked then
        perform queue.release_waiting(array[v_wait.job_id]);
      end if;
      return 'resumed';
    end if;

    if p_token like 'wait\_%' then
      return null;
    end if;
    -- Two that are first for a name: the index lets one in, the other looks again.
    begin
      with kept as (
        insert into queue.waits (job_id, name, expires_at, ended_at, outcome, payload)
        values (null, p_token, v_now, v_now, 'resumed', p_payload)
        returning wait_id
      )
      insert into queue.wait_tokens (token_hash, wait_id)
      select v_hash, kept.wait_id from kept;
      return 'early';
    exception
      when unique_violation then null;
    end;
  end loop;
  raise exception 'the wait % is changing too fast', p_token using errcode = '40001';
end
$$;

comment on function queue.resume_wait(text, jsonb) is
  'An event came, its job goes on: resumed, already, expired, early, or null (unknown token).';
