-- $1 delivery, $2 outcome, $3 status or null, $4 response or null, $5 error or null, $6 ms,
-- $7 seconds until the next attempt or null, $8 seconds of pause, $9 seconds until it is disabled,
-- $10 tenant. Locks: the endpoint, the delivery, its ticket.
select record_webhook_attempt(
  $1, $2, $3, $4, $5, $6, make_interval(secs => $7), make_interval(secs => $8),
  make_interval(secs => $9), $10) as "is_disabled!"
