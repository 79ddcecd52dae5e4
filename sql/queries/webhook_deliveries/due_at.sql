-- $1 tenant, $2 endpoint, $3 lane. Locks: the endpoint.
select webhook_due_at($1, $2, $3) as due_at
