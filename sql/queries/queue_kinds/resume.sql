-- Ends the pause of a kind. $1: the kind.
select queue.resume_kind($1)::text as done
