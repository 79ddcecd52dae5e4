-- Ends the session that lost its watch, should the server still keep it. $1: worker_id.
select queue.end_watches($1) as "ended!"
