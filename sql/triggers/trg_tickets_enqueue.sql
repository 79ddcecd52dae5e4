-- What the outside should hear of a ticket is a sync_ticket job, in the same transaction. One a
-- ticket at a time: the job sees by the ticket's version that it changed meanwhile.
create or replace function trg_tickets_enqueue()
returns trigger
language plpgsql
as $$
declare
  v_jobs jsonb;
begin
  select jsonb_agg(jsonb_build_object(
      'kind', 'sync_ticket',
      'queue', 'notifications',
      'unique_key', 'sync_ticket:' || t.ticket_id,
      'args', jsonb_build_object('tenant_id', t.tenant_id, 'ticket_id', t.ticket_id))
      order by t.ticket_id)
  into v_jobs
  from new_rows as t
  where t.version > t.synced_version;
  if v_jobs is not null then
    perform from queue.enqueue_many(v_jobs);
  end if;
  return null;
end
$$;

comment on function trg_tickets_enqueue() is 'Enqueues the jobs of tickets that changed.';

create or replace trigger trg_tickets_enqueue_insert
after insert on tickets
referencing new table as new_rows
for each statement execute function trg_tickets_enqueue();

create or replace trigger trg_tickets_enqueue_update
after update on tickets
referencing new table as new_rows
for each statement execute function trg_tickets_enqueue();
