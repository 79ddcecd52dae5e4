-- A worker process begins: its new worker_id is part of every lease that it takes.
create or replace function queue.register_worker(
  p_name text,
  p_version text,
  p_queues text[],
  p_kinds text[],
  p_concurrency integer,
  p_heartbeat_ms integer
)
returns bigint
language sql volatile
as $$
  insert into queue.workers (name, version, queues, kinds, concurrency, heartbeat_ms)
  values (p_name, p_version, p_queues, p_kinds, p_concurrency, p_heartbeat_ms)
  returning worker_id
$$;

comment on function queue.register_worker(text, text, text[], text[], integer, integer) is
  'Registers a worker process and answers its id; internal.';

-- The same, and tells the fleet what its kinds are: p_descriptors is {kind: descriptor}. The one
-- without descriptors serves workers of the release before.
-- Locks: rows of queue.kinds whose descriptor is new, in order of name.
create or replace function queue.register_worker(
  p_name text,
  p_version text,
  p_queues text[],
  p_kinds text[],
  p_concurrency integer,
  p_heartbeat_ms integer,
  p_descriptors jsonb
)
returns bigint
language plpgsql volatile
as $$
begin
  insert into queue.kinds as k (kind, registered_at, descriptor)
  select described.key, clock_now(), described.value
  from jsonb_each(p_descriptors) as described
  order by described.key
  on conflict (kind) do update
  set registered_at = excluded.registered_at, descriptor = excluded.descriptor
  where k.descriptor <> excluded.descriptor
    or k.registered_at is null
    or k.registered_at < excluded.registered_at - interval '1 minute';

  return queue.register_worker(
    p_name, p_version, p_queues, p_kinds, p_concurrency, p_heartbeat_ms);
end
$$;

comment on function
  queue.register_worker(text, text, text[], text[], integer, integer, jsonb) is
  'Registers a worker process with the descriptors of its kinds and answers its id; internal.';
