-- Tells of parcels whose label no job will buy any more, since the job died: a purchase that was
-- begun is parked, for it may have been made, and the order shows why there is no label. Once each:
-- while that error stands, nothing is added. At most p_limit a call; answers how many.
-- Locks: orders by id, each before its fulfilment.
create or replace function park_dead_labels(p_limit integer default 100)
returns integer
language plpgsql volatile
as $$
declare
  v_dead record;
  v_label_id bigint;
  v_reason text;
  v_told integer := 0;
begin
  for v_dead in
    select f.tenant_id, f.order_id, f.fulfillment_id, d.job_id, d.unique_key, d.last_error
    from (
      select distinct on (unique_key) unique_key, args, job_id, last_error, died_at
      from queue.dead_jobs
      where kind = 'buy_label'
      order by unique_key, died_at desc
    ) as d
    join fulfillments as f
      on f.tenant_id = (d.args->>'tenant_id')::uuid
      and f.fulfillment_id = (d.args->>'fulfillment_id')::bigint
    where f.status = 'packed'
      and not exists (select from queue.jobs as j where j.unique_key = d.unique_key)
      and not exists (
        select
        from shipping_labels as b
        where b.tenant_id = f.tenant_id
          and b.fulfillment_id = f.fulfillment_id
          and b.status in ('parked', 'bought', 'voiding'))
      and not exists (
        select
        from order_errors as e
        where e.tenant_id = f.tenant_id
          and e.order_id = f.order_id
          and e.fulfillment_id = f.fulfillment_id
          and e.stage = 'label'
          and e.created_at >= d.died_at)
    order by f.order_id, f.fulfillment_id
    limit p_limit
  loop
    perform lock_fulfillment(v_dead.tenant_id, v_dead.fulfillment_id);
    -- Once more under the lock: somebody may have packed it anew, or retried the job.
    continue when exists (select from queue.jobs where unique_key = v_dead.unique_key);
    v_reason := format('job %s died: %s', v_dead.job_id,
      coalesce(v_dead.last_error, 'no error is known'));
    select b.shipping_label_id into v_label_id
    from shipping_labels as b
    where b.tenant_id = v_dead.tenant_id
      and b.fulfillment_id = v_dead.fulfillment_id
      and b.status = 'buying';
    if found then
      perform sp_fail_label(v_label_id, 'parked', 'job_dead', v_reason, true, v_dead.tenant_id);
    else
      insert into order_errors (
        tenant_id, order_id, fulfillment_id, category, severity, stage, code, message)
      values (
        v_dead.tenant_id, v_dead.order_id, v_dead.fulfillment_id, 'delivery', 'high', 'label',
        'job_dead', left(v_reason, 1000));
    end if;
    v_told := v_told + 1;
  end loop;
  return v_told;
end
$$;

comment on function park_dead_labels(integer) is
  'Parks labels whose job died and has the order show why there is none; answers how many.';
