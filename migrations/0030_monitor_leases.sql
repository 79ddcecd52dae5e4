-- What: who samples the fleet's gauges (see sql/views/vw_gauges.sql).
-- Why: the readings are the same whoever takes them, so one process does, and another takes over
--   when that one is gone. A row, not an advisory lock, since a lock needs a session of its own and
--   transaction pooling has none.
-- Locks: none, a new table only.

create table monitor_leases (
    monitor text not null,
    holder uuid not null,
    held_until timestamptz not null,
    constraint monitor_leases_pkey primary key (monitor)
) with (fillfactor = 50);

comment on table monitor_leases is
    'Which process samples gauges for the whole fleet; one row, renewed with every sample.';
comment on column monitor_leases.monitor is 'What is sampled: fleet.';
comment on column monitor_leases.holder is 'The process, by an id that it drew at its start.';
comment on column monitor_leases.held_until is 'After that anybody may take over.';
