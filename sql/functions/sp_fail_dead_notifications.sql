-- Gives up the notices that no job will send: pending ones whose send_notification job died and
-- that have no other (fail_notification). At most p_limit a call; answers how many.
-- Locks: the notices (skipping what others work on), then their orders (trg_order_errors_count).
create or replace function sp_fail_dead_notifications(p_limit integer default 100)
returns integer
language sql volatile
as $$
  with dead as materialized (
    select n.tenant_id, n.notification_id, d.job_id, d.last_error
    from queue.dead_jobs as d
    join notification_queue as n
      on n.tenant_id = (d.args->>'tenant_id')::uuid
      and n.notification_id = (d.args->>'notification_id')::bigint
    where d.kind = 'send_notification'
      and n.status = 'pending'
      and not exists (select from queue.jobs as j where j.unique_key = d.unique_key)
    order by n.order_id, n.notification_id
    limit p_limit
    for no key update of n skip locked
  )
  select count(fail_notification(
    tenant_id, notification_id,
    format('job %s died: %s', job_id, coalesce(last_error, 'no error is known'))))::integer
  from dead
$$;

comment on function sp_fail_dead_notifications(integer) is
  'Gives up notices whose job died before it sent them; answers how many.';
