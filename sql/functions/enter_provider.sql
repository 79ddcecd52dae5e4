-- Asks whether the outside system may be called now, for p_wanted calls that are about to be made.
-- One row, always:
--   permits     how many may go, now; 0: none
--   wait_ms     how long to wait when none may
--   per_second  the rate of its bucket (limit of key provider:<provider>:<account>); null: none,
--               and then the permits are not counted
--   is_probe    the one permit tries whether a broken provider works again: tell how it ended
--   is_troubled there are failures on record, which a success ends: tell that, too
-- A healthy provider without a rate costs one reading by primary key. Locks: the gate's row when a
-- probe goes, the bucket's row where there is one; call it in a transaction of its own.
create or replace function enter_provider(
  p_provider text, p_account text, p_wanted integer
)
returns table (
  permits integer,
  wait_ms bigint,
  per_second double precision,
  is_probe boolean,
  is_troubled boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_gate provider_gates;
  v_limit queue.limits;
  v_tokens double precision;
  v_now constant timestamptz := clock_now();
begin
  permits := 0;
  is_probe := false;
  select * into v_gate
  from provider_gates
  where provider = p_provider and account = p_account;
  if not found then
    insert into provider_gates (provider, account)
    values (p_provider, p_account)
    on conflict do nothing;
    select * into v_gate
    from provider_gates
    where provider = p_provider and account = p_account;
  end if;
  is_troubled := v_gate.failures > 0;

  if v_gate.state <> 'closed' then
    -- Of all who come when the time is over, one goes. Should it vanish, another goes later.
    update provider_gates as g
    set state = 'half_open', probe_at = v_now + interval '1 minute', changed_at = v_now
    where g.provider = p_provider
      and g.account = p_account
      and g.state <> 'closed'
      and g.probe_at <= v_now;
    is_probe := found;
    if not is_probe then
      -- While one tries, its answer is soon there.
      wait_ms := case when v_gate.state = 'open' and v_gate.probe_at > v_now
        then ceil(extract(epoch from v_gate.probe_at - v_now) * 1000)
        else 2000
      end;
      return next;
      return;
    end if;
  elsif v_gate.paused_until > v_now then
    wait_ms := ceil(extract(epoch from v_gate.paused_until - v_now) * 1000);
    return next;
    return;
  end if;

  permits := case when is_probe then 1 else greatest(1, p_wanted) end;
  wait_ms := 0;
  select * into v_limit
  from queue.limits as l
  where l.scope = 'key'
    and l.name = 'provider:' || p_provider || ':' || p_account
    and l.per_second is not null
  for update;
  if found then
    per_second := v_limit.per_second;
    v_tokens := queue.tokens_at(v_limit, v_now);
    -- A probe takes its token on credit: it is one call, and everybody waits for it.
    permits := case when is_probe then 1 else least(permits, floor(v_tokens)::integer) end;
    if permits = 0 then
      wait_ms := greatest(1, ceil((1 - v_tokens) / v_limit.per_second * 1000));
    else
      update queue.limits as l
      set tokens = greatest(0, v_tokens - permits), refilled_at = greatest(l.refilled_at, v_now)
      where l.scope = 'key' and l.name = v_limit.name;
    end if;
  end if;
  return next;
end
$$;

comment on function enter_provider(text, text, integer) is
  'Permits for calls to an outside system, or how long to wait: its breaker and its rate.';
