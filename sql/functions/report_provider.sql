-- Tells how a call to an outside system ended. Failures in a row open its breaker; a probe's
-- success closes it, and nothing else does. p_pause_ms: it asked for so much patience.
-- Answers the state after, and whether this call opened the breaker. Opening enqueues the job that
-- tries again (probe_provider), so the breaker closes by itself even when nobody else calls.
-- Locks: the gate's row.
create or replace function report_provider(
  p_provider text,
  p_account text,
  p_worked boolean,
  p_is_probe boolean,
  p_pause_ms bigint default null,
  p_error text default null
)
returns table (
  state text,
  has_opened boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_gate provider_gates;
  v_now constant timestamptz := clock_now();
  v_openings integer;
begin
  has_opened := false;
  select * into v_gate
  from provider_gates
  where provider = p_provider and account = p_account
  for update;
  if not found then
    insert into provider_gates as g (provider, account)
    values (p_provider, p_account)
    on conflict (provider, account) do update set account = excluded.account
    returning g.* into v_gate;
  end if;

  if p_pause_ms > 0 then
    update provider_gates
    set paused_until = greatest(
      paused_until, v_now + least(p_pause_ms, 300000) * interval '1 millisecond')
    where provider = p_provider and account = p_account;
  end if;
  if p_worked then
    update provider_gates
    set
      state = 'closed', failures = 0, opened_at = null, probe_at = null,
      changed_at = case when v_gate.state = 'closed' then changed_at else v_now end
    where provider = p_provider
      and account = p_account
      -- Who set out before it broke proves nothing.
      and (p_is_probe or v_gate.state = 'closed');
  else
    -- Recovered for good is who has worked for as long as the longest wait.
    v_openings := case
      when v_gate.state = 'closed' and v_gate.changed_at < v_now - v_gate.longest_wait then 0
      else v_gate.openings
    end;
    has_opened := v_gate.state = 'closed' and v_gate.failures + 1 >= v_gate.failure_limit;
    update provider_gates
    set
      failures = v_gate.failures + 1,
      last_error = left(coalesce(p_error, last_error), 500),
      last_error_at = v_now
    where provider = p_provider and account = p_account;
    if has_opened or v_gate.state <> 'closed' and p_is_probe then
      update provider_gates
      set
        state = 'open',
        openings = v_openings + 1,
        opened_at = coalesce(opened_at, v_now),
        probe_at = v_now + least(longest_wait, first_wait * 2 ^ least(v_openings, 20)),
        changed_at = v_now
      where provider = p_provider and account = p_account;
    end if;
  end if;
  if has_opened then
    perform from queue.enqueue_many(jsonb_build_array(jsonb_build_object(
      'kind', 'probe_provider',
      'queue', 'maintenance',
      'unique_key', 'probe_provider:' || p_provider || ':' || p_account,
      'run_at', v_now + v_gate.first_wait,
      'args', jsonb_build_object('provider', p_provider, 'account', p_account))));
  end if;
  select g.state into state
  from provider_gates as g
  where g.provider = p_provider and g.account = p_account;
  return next;
end
$$;

comment on function report_provider(text, text, boolean, boolean, bigint, text) is
  'How a call to an outside system ended: opens and closes its breaker for the whole fleet.';
