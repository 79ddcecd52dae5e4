-- Parks what no job will end: fulfilments whose fulfil_order job died (its worker was lost, or its
-- time was up, in the last attempt) and that have no other. Whatever was begun may be at the
-- provider, so a person has to look; the order goes on hold with the job's error on record.
-- At most p_limit a call; answers how many. Locks: orders by id, each before its fulfilment.
create or replace function sp_park_dead_fulfillments(p_limit integer default 100)
returns integer
language plpgsql volatile
as $$
declare
  v_dead record;
  v_row fulfillments;
  v_is_held boolean;
  v_parked integer := 0;
begin
  for v_dead in
    select f.tenant_id, f.fulfillment_id, d.job_id, d.last_error
    from (
      select distinct on (unique_key) unique_key, args, job_id, last_error
      from queue.dead_jobs
      where kind = 'fulfil_order'
      order by unique_key, died_at desc
    ) as d
    join fulfillments as f
      on f.tenant_id = (d.args->>'tenant_id')::uuid
      and f.fulfillment_id = (d.args->>'fulfillment_id')::bigint
    join orders as o using (tenant_id, order_id)
    where f.handed_over_at is null
      and (f.status in ('submitted', 'accepted')
        or f.status = 'pending' and o.order_status <> 'on_hold')
      and not exists (select from queue.jobs as j where j.unique_key = d.unique_key)
    order by f.order_id, f.fulfillment_id
    limit p_limit
  loop
    v_row := lock_fulfillment(v_dead.tenant_id, v_dead.fulfillment_id);
    -- Once more under the lock: somebody may have resumed the order, or retried the job.
    select order_status = 'on_hold' into v_is_held
    from orders
    where tenant_id = v_row.tenant_id
      and order_id = v_row.order_id;
    continue when v_row.handed_over_at is not null
      or v_row.status not in ('pending', 'submitted', 'accepted')
      or v_row.status = 'pending' and v_is_held
      or exists (
        select
        from queue.jobs
        where unique_key = 'fulfil_order:' || v_row.fulfillment_id);
    perform sp_park_fulfillment(
      v_row.fulfillment_id,
      'job_dead',
      format('job %s died: %s', v_dead.job_id, coalesce(v_dead.last_error, 'no error is known')),
      'system',
      v_row.tenant_id);
    v_parked := v_parked + 1;
  end loop;
  return v_parked;
end
$$;

comment on function sp_park_dead_fulfillments(integer) is
  'Holds the orders of fulfilments whose job died before it ended them; answers how many.';
