-- Pauses a kind. $1: the kind.
select queue.pause_kind($1)::text as done
