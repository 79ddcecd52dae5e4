-- Somebody settled what a ticket is about; twice is once. The errors of orders that led to it stay
-- open until they are settled themselves; should it happen again, there is a new ticket. P0NOF.
create or replace function sp_resolve_ticket(
  p_ticket_id bigint,
  p_actor text,
  p_resolution text default null,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
begin
  perform
  from tickets
  where tenant_id = p_tenant
    and ticket_id = p_ticket_id
  for no key update;
  if not found then
    raise exception 'there is no ticket %', p_ticket_id using errcode = 'P0NOF';
  end if;
  update tickets
  set
    state = 'resolved',
    resolved_at = clock_now(),
    resolved_by = p_actor,
    resolution = p_resolution,
    version = version + 1
  where tenant_id = p_tenant
    and ticket_id = p_ticket_id
    and state = 'open';
end
$$;

comment on function sp_resolve_ticket(bigint, text, text, uuid) is
  'Somebody settled what a ticket is about; twice is once. P0NOF.';
