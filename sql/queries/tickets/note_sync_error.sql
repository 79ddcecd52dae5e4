-- The outside did not take it. $1 tenant, $2 ticket, $3 why. Locks: the ticket.
update tickets
set sync_error = left($3, 500)
where tenant_id = $1
  and ticket_id = $2
