-- $1 transfer, $2 tenant. Locks: the transfer.
select sp_cancel_transfer($1, $2)::text as "done"
