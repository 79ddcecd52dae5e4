-- $1 tenant, $2 customer's code, $3 which. Locks: that notice.
select delete_notification($2, $3, $1) as counted
