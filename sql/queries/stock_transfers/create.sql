-- $1 from, $2 to, $3 lines, $4 note, $5 tenant.
select sp_create_transfer($1, $2, $3, $4, $5) as "transfer_id!"
