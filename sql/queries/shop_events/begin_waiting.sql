-- From here on this session is told of events (trg_shop_events_wake), until end_waiting.sql or its
-- end. Transactions that wrote before this may still end in silence. Locks: events_key(), shared.
select pg_advisory_lock_shared(events_key())::text
