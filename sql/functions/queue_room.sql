-- How many jobs of a line may be claimed now under the limits of its queue and kind, at most
-- p_limit, and when it pays to look again if that is fewer (null: no limit holds anything back).
--
-- The limits' rows stay locked until the claim ends, so the next claim counts what this one took:
-- the limits are exact. Another's claim under the same limit is not waited for: look again soon.
-- Index: limits_pkey, jobs_line_running_idx, jobs_running_idx.
create or replace function queue.room(p_queue text, p_line text, p_limit integer)
returns table (
  room integer,
  look_again_at timestamptz
)
language plpgsql volatile
as $$
declare
  v_limit queue.limits;
  v_now constant timestamptz := clock_now();
  v_free integer;
begin
  room := p_limit;
  for v_limit in
    select *
    from queue.limits as l
    where (l.scope = 'queue' and l.name = p_queue)
      or (l.scope = 'kind' and l.name = p_line)
  loop
    perform from queue.limits as l
    where l.scope = v_limit.scope and l.name = v_limit.name
    for update skip locked;
    if not found then
      room := 0;
      look_again_at := least(look_again_at, v_now + interval '5 milliseconds');
      continue;
    end if;
    select * into v_limit
    from queue.limits as l
    where l.scope = v_limit.scope and l.name = v_limit.name;

    if v_limit.max_running is not null then
      if v_limit.scope = 'kind' then
        select count(*) into v_free
        from queue.jobs as j where j.state = 'running' and j.line = p_line;
      else
        select count(*) into v_free
        from queue.jobs as j where j.state = 'running' and j.queue = p_queue;
      end if;
      v_free := greatest(0, v_limit.max_running - v_free);
      if v_free < room then
        room := v_free;
        -- Who ends such a job notifies; this is the safety net.
        look_again_at := least(look_again_at, v_now + interval '1 second');
      end if;
    end if;
    if v_limit.per_second is not null then
      v_free := floor(queue.tokens_at(v_limit, v_now));
      if v_free < room then
        room := v_free;
        look_again_at := least(
          look_again_at,
          v_now + (v_free + 1 - queue.tokens_at(v_limit, v_now)) / v_limit.per_second
            * interval '1 second');
      end if;
    end if;
  end loop;
  return next;
end
$$;

comment on function queue.room(text, text, integer) is
  'How many jobs of a line the limits let a claim take, and when to look again; internal.';
