-- $1 endpoint, $2 seconds for which the old secret signs, too, $3 tenant. Locks: the endpoint.
select sp_rotate_webhook_secret($1, make_interval(secs => $2), $3) as "secret!"
