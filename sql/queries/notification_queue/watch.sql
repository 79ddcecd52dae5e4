-- $1 tenant, $2 status, $3 channel, $4 older than, $5 limit. Index: notification_queue_pkey.
select list_notices($2, $3, $4, $5, $1) as page
