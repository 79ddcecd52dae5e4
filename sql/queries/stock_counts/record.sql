-- $1 count, $2 SKU, $3 units found, $4 tenant. Locks: the count.
select sp_record_count($1, $2, $3, $4)::text as "done"
