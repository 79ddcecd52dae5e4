-- Takes back the long promise of a worker that rested: it holds leases now, so it has to be missed
-- soon. Called in the transaction of the claim, and only when alive_until is farther ahead than
-- that: workers that are busy anyway pay nothing. The others are told (channel queue_beat), so that
-- somebody watches. Locks: the worker's row.
create or replace function queue.hold_leases(p_worker_id bigint)
returns void
language sql volatile
as $$
  update queue.workers as w
  set
    heartbeat_at = clock_now(),
    alive_until = clock_now() + w.heartbeat_ms * interval '1.2 milliseconds'
  where w.worker_id = p_worker_id
    and w.alive_until > clock_now() + w.heartbeat_ms * interval '1.2 milliseconds';

  select pg_notify('queue_beat', 'busy 0');
$$;

comment on function queue.hold_leases(bigint) is
  'A worker that rested has claimed: from now on it is missed soon; internal to queue.claim.';
