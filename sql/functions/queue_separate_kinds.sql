-- Gives a line of its own to each kind that waits in the shared line of a queue and that some live
-- worker of that queue does not know: that worker would read past its jobs at every claim. Also
-- puts right the lines of jobs whose enqueue did not see that their kind has one.
-- Reads all of the hot table: for the fleet's one sampler. Answers the kinds that it moved.
create or replace function queue.separate_kinds()
returns text[]
language plpgsql volatile
as $$
declare
  v_kinds text[];
begin
  v_kinds := array(
    select distinct waiting.kind
    from (
      select distinct j.queue, j.kind
      from queue.jobs as j
      where j.state = 'ready' and j.line = ''
    ) as waiting
    where exists (select from queue.kinds as k where k.kind = waiting.kind and k.own_line)
      or exists (
        select from queue.workers as w
        where w.state = 'running'
          and waiting.queue = any (w.queues)
          and waiting.kind <> all (w.kinds))
    order by 1);
  perform queue.own_line(moved.kind) from unnest(v_kinds) as moved(kind);
  return v_kinds;
end
$$;

comment on function queue.separate_kinds() is
  'Puts kinds that some worker of their queue does not know into lines of their own; internal.';
