-- Sets what the whole fleet may do at most, from the next claim on:
--   queue, kind  p_max_running jobs at once, p_per_second starts a second, in bursts of p_burst
--   group        p_max_running jobs of the group_key at once (1 unless set)
--   key          p_per_second calls under a key that handlers name (queue.take_tokens)
-- All null: no limit any more. p_burst defaults to one second's worth.
create or replace function queue.set_limit(
  p_scope text,
  p_name text,
  p_max_running integer default null,
  p_per_second double precision default null,
  p_burst integer default null
)
returns void
language plpgsql volatile
as $$
declare
  v_burst constant integer := case when p_per_second is not null
    then coalesce(p_burst, ceil(greatest(p_per_second, 1))::integer) end;
begin
  if p_max_running is null and p_per_second is null then
    delete from queue.limits where scope = p_scope and name = p_name;
  else
    insert into queue.limits as l (
      scope, name, max_running, per_second, burst, tokens, refilled_at
    )
    values (
      p_scope, p_name, p_max_running, p_per_second, v_burst, v_burst,
      case when p_per_second is not null then clock_now() end
    )
    on conflict (scope, name) do update
    set
      max_running = excluded.max_running,
      per_second = excluded.per_second,
      burst = excluded.burst,
      -- Setting a rate again does not fill the bucket.
      tokens = least(coalesce(l.tokens, excluded.tokens), excluded.tokens),
      refilled_at = case when excluded.refilled_at is not null
        then coalesce(l.refilled_at, excluded.refilled_at) end,
      changed_at = clock_now();
    if p_scope = 'kind' then
      perform queue.own_line(p_name);
    end if;
  end if;
  if p_scope = 'group' then
    perform queue.release_groups(array[p_name]);
  end if;
  perform pg_notify('queue_jobs', '*');
end
$$;

comment on function queue.set_limit(text, text, integer, double precision, integer) is
  'Limits jobs at once and starts per second of a queue, kind, group or key, fleet-wide.';
