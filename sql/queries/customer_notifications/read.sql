-- $1 tenant, $2 customer's code, $3 which; null: all. Locks: these notices.
select read_notifications($2, $3, $1) as counted
