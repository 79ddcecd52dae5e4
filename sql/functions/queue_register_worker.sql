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
