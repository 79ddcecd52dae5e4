-- $1 count, $2 reason, $3 tenant. Locks: the count, then the levels.
select sp_complete_count($1, $2, $3) as "again!"
