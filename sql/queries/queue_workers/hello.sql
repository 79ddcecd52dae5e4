-- Says something that every listener hears, to learn whether notifications arrive.
select pg_notify('queue_beat', 'hello')::text as done
