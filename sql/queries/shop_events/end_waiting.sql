-- The opposite of begin_waiting.sql.
select pg_advisory_unlock_shared(events_key())
