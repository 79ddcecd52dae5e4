-- Jobs of these fulfilments that wait for their next attempt run now; answers how many.
-- Locks: the jobs. Index: jobs_unique_key_idx.
create or replace function hurry_fulfillments(p_fulfillment_ids bigint[])
returns integer
language plpgsql volatile
as $$
declare
  v_now constant timestamptz := clock_now();
  v_hurried integer;
begin
  update queue.jobs as j
  set run_at = v_now, order_at = j.order_at + (v_now - j.run_at)
  where j.unique_held
    and j.unique_key = any (array(
      select 'fulfil_order:' || id from unnest(p_fulfillment_ids) as id))
    and j.state = 'scheduled'
    and j.run_at > v_now;
  get diagnostics v_hurried = row_count;
  if v_hurried > 0 then
    perform queue.promote(v_hurried, true);
  end if;
  return v_hurried;
end
$$;

comment on function hurry_fulfillments(bigint[]) is
  'Jobs of these fulfilments that wait for their next attempt run now; answers how many.';
