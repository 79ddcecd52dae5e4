-- The line that jobs of this kind stand in: their own, or the one that they share.
create or replace function queue.line_of(p_kind text)
returns text
language sql stable
as $$
  select coalesce(
    (select k.kind from queue.kinds as k where k.kind = p_kind and k.own_line),
    '')
$$;

comment on function queue.line_of(text) is
  'The kind itself if it stands in a line of its own, else an empty text; internal.';
