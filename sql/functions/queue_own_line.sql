-- From now on jobs of this kind stand in a line of their own, those that wait already, too: they
-- may be held back without standing in the way of other kinds. Also puts right those whose enqueue
-- did not see it. Reads all of the hot table. Locks: the rows that it moves.
create or replace function queue.own_line(p_kind text)
returns void
language plpgsql volatile
as $$
begin
  insert into queue.kinds as k (kind, own_line)
  values (p_kind, true)
  on conflict (kind) do update
  set own_line = true, changed_at = clock_now()
  where not k.own_line;

  update queue.jobs as j
  set line = p_kind
  where j.kind = p_kind
    and j.line = '';
  if found then
    perform pg_notify('queue_jobs', '*');
  end if;
end
$$;

comment on function queue.own_line(text) is
  'Puts the jobs of a kind into a line of their own; internal.';
