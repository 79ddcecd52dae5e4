-- $1 tenant, $2 notice. Locks: the notice.
select retry_notice($2, $1) as noted
