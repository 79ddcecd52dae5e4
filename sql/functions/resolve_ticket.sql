-- The cause is gone: resolves its open ticket, if there is one, and answers its id, else null.
-- Locks: the ticket.
create or replace function resolve_ticket(
  p_cause_key text,
  p_resolved_by text default 'system',
  p_resolution text default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_ticket_id bigint;
begin
  update tickets
  set
    state = 'resolved',
    resolved_at = clock_now(),
    resolved_by = p_resolved_by,
    resolution = p_resolution,
    version = version + 1
  where tenant_id = p_tenant
    and cause_key = left(p_cause_key, 300)
    and state = 'open'
  returning ticket_id into v_ticket_id;
  return v_ticket_id;
end
$$;

comment on function resolve_ticket(text, text, text, uuid) is
  'The cause is gone: resolves its open ticket, if there is one.';
