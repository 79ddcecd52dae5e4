-- $1 key id, $2 nonce, $3 seconds that it is remembered, $4 tenant.
select use_nonce($1, $2, $3, $4) as "is_new!"
