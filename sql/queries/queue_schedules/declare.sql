-- Writes down the schedules of a worker's kinds. $1: them, as JSON.
select queue.declare_schedules($1::text::jsonb)::text as done
