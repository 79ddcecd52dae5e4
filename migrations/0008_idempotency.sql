-- What was answered to a request that carried an Idempotency-Key.
-- Locks: none, new tables only.

create table idempotency_keys (
  tenant_id uuid not null default current_tenant_id(),
  idempotency_key text not null,
  endpoint text not null,
  request_hash bytea not null,
  order_id bigint,
  response jsonb not null,
  created_at timestamptz not null default clock_now(),
  expires_at timestamptz not null default clock_now() + interval '24 hours',
  constraint idempotency_keys_pkey primary key (tenant_id, idempotency_key),
  constraint idempotency_keys_idempotency_key_check
    check (length(idempotency_key) between 1 and 255),
  constraint idempotency_keys_request_hash_check check (octet_length(request_hash) = 32)
);

create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

comment on table idempotency_keys is
  'Answers given to keyed requests, written in the same transaction as their effect: a refused '
  'request leaves none. A request in flight holds an advisory lock instead of a row.';
comment on column idempotency_keys.tenant_id is 'The shop; keys of two shops never meet.';
comment on column idempotency_keys.idempotency_key is 'The client''s key.';
comment on column idempotency_keys.endpoint is 'What the key was used for, e.g. orders.create.';
comment on column idempotency_keys.request_hash is 'SHA-256 of the request body.';
comment on column idempotency_keys.order_id is 'The order that the request made.';
comment on column idempotency_keys.response is 'The answer, given again on replay.';
comment on column idempotency_keys.created_at is 'When the request was answered.';
comment on column idempotency_keys.expires_at is 'From then on the key may be used anew.';
