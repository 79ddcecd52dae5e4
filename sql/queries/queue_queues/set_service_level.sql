-- Sets the service level of a queue. $1 queue, $2 longest wait in ms or null, $3 jobs or null.
select queue.set_service_level($1, $2, $3)::text as done
