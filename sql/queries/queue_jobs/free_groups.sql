-- Frees groups whose jobs have ended. $1 group keys.
select queue.free_groups($1)::text as done
