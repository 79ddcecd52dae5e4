-- $1 round, $2 tenant. Locks: none; index pick_batches_pkey.
select pick_list($1, $2) as pick_list
