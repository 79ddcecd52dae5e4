-- Sets the quota of a sender. $1 sender, $2 unfinished jobs or null, $3 jobs a minute or null.
select queue.set_quota($1, $2, $3)::text as done
