-- Pauses a kind: no worker claims its jobs until it is resumed. What runs, runs on; other kinds of
-- the same queues are not held up.
create or replace function queue.pause_kind(p_kind text)
returns void
language plpgsql volatile
as $$
begin
  insert into queue.kinds as k (kind, paused)
  values (p_kind, true)
  on conflict (kind) do update
  set paused = true, changed_at = clock_now()
  where not k.paused;
  perform queue.own_line(p_kind);
end
$$;

comment on function queue.pause_kind(text) is
  'Stops all claims of a kind, fleet-wide and at once.';
