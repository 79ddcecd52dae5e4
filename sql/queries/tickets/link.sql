-- The outside has it. $1 tenant, $2 ticket, $3 its key there, $4 where people find it.
-- Locks: the ticket.
update tickets
set external_key = $3, external_url = $4, sync_error = null
where tenant_id = $1
  and ticket_id = $2
