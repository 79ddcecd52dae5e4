-- $1 transfer, $2 lines or null: all, $3 whether nothing more comes, $4 tenant.
-- Locks: the transfer, then the levels.
select sp_receive_transfer($1, $2, $3, $4) as "status!"
