-- What a worker promises about its next sign of life, so that an idle one need not give many.
--
-- Workers of the release before know nothing of this: their alive_until stays null, and
-- heartbeat_at goes on counting for them (queue.alive_until). Locks: queue.workers in access
-- exclusive mode for a moment; it holds a row per process, so its indexes are made at once. The
-- index of queue.jobs comes in 0028.

alter table queue.workers
  add column alive_until timestamptz,
  add column chores_at timestamptz,
  add column cleared boolean not null default false;

comment on column queue.workers.heartbeat_ms is
  'The measure of its signs of life: with leases it gives one every 0.4 of this and counts as dead '
  'after 1.2 of this in silence.';
comment on column queue.workers.alive_until is
  'By then it gives another sign of life, or is dead. Far ahead while it holds no lease. Null: a '
  'worker of a release that did not say; dead after 1.5 of heartbeat_ms in silence.';
comment on column queue.workers.chores_at is
  'When it last looked after what the whole fleet needs: the dead, what is due, what lies ready.';
comment on column queue.workers.cleared is
  'It has ended, and nothing is left that was leased to it.';

-- The order of the live ones. Signs of life change no indexed column (heartbeat_at was one), so
-- they leave nothing behind in indexes, whatever snapshot is held.
create index workers_alive_idx on queue.workers (worker_id)
  where state in ('running', 'draining');
drop index queue.workers_live_idx;
-- Who has ended and may have left jobs.
create index workers_uncleared_idx on queue.workers (worker_id)
  where state in ('dead', 'stopped') and not cleared;
