-- A new pending notice is a new send_notification job, in the same transaction; it waits for the
-- end of quiet hours.
create or replace function trg_notification_queue_enqueue()
returns trigger
language plpgsql
as $$
declare
  v_jobs jsonb;
begin
  select jsonb_agg(jsonb_build_object(
      'kind', 'send_notification',
      'queue', 'notifications',
      'unique_key', 'send_notification:' || n.notification_id,
      'trace_context', o.traceparent,
      'run_at', n.not_before,
      'args', jsonb_build_object(
        'tenant_id', n.tenant_id,
        'notification_id', n.notification_id))
      order by n.notification_id)
  into v_jobs
  from new_rows as n
  left join orders as o using (tenant_id, order_id)
  where n.status = 'pending';
  if v_jobs is not null then
    perform from queue.enqueue_many(v_jobs);
  end if;
  return null;
end
$$;

comment on function trg_notification_queue_enqueue() is 'Enqueues the jobs of new notices.';

create or replace trigger trg_notification_queue_enqueue
after insert on notification_queue
referencing new table as new_rows
for each statement execute function trg_notification_queue_enqueue();
