-- As queue.promote, and sweeps groups: for workers of the release before, which ask for both at
-- each poll.
create or replace function queue.promote_due(p_limit integer)
returns table (
  promoted integer,
  next_in_ms bigint
)
language plpgsql volatile
as $$
begin
  return query select due.promoted, due.next_in_ms from queue.promote(p_limit, false) as due;
  perform queue.sweep_groups();
end
$$;

comment on function queue.promote_due(integer) is
  'Makes due scheduled jobs ready, for workers of the release before; internal.';
