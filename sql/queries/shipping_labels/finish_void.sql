-- $1 label, $2 code or null, $3 message, $4 tenant. Locks: the order, the fulfilment.
select sp_finish_void($1, $2, $3, 'worker', $4)::text as "done"
