-- Lets an event be processed again; answers its job. $1 event, $2 tenant. Locks: the event.
select replay_webhook($1, $2) as "job_id!"
