-- $1 ticket, $2 actor, $3 resolution or null, $4 tenant. Locks: the ticket.
select sp_resolve_ticket($1, $2, $3, $4)
