-- The shortest legal way on the payment axis, both ends included, or null if there is none: events
-- come late and out of order, the order's history still has to be a path. Nothing is told on the
-- way that did not happen: no failure, no cancellation, no dispute.
create or replace function payment_path(p_from text, p_to text)
returns text[]
language plpgsql stable
as $$
begin
  return (
    with recursive walk (path, reached) as (
      select array[p_from], p_from
      union all
      select walk.path || t.to_status, t.to_status
      from walk
      join order_state_transitions as t
        on t.axis = 'payment'
        and t.from_status = walk.reached
        and t.to_status <> all (walk.path)
        and (t.to_status = p_to or t.to_status not in ('failed', 'cancelled', 'disputed'))
      where walk.reached <> p_to
        and cardinality(walk.path) < 6
    )
    select path
    from walk
    where reached = p_to
    order by cardinality(path), path
    limit 1
  );
end
$$;

comment on function payment_path(text, text) is
  'The shortest legal way from one state to another on the payment axis, or null.';
