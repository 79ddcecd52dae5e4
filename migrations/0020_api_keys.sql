-- Bearer keys of the HTTP API.
-- Locks: none, new tables only.

create table api_keys (
  tenant_id uuid not null default current_tenant_id(),
  key_id text not null,
  name text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null default clock_now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint api_keys_pkey primary key (tenant_id, key_id),
  -- A token names its key before anybody knows the shop: unique in the whole database.
  constraint api_keys_key_id_key unique (key_id),
  constraint api_keys_key_id_check check (key_id ~ '^[0-9a-f]{16}$'),
  constraint api_keys_name_check check (length(name) between 1 and 100),
  constraint api_keys_secret_hash_check check (octet_length(secret_hash) = 32),
  constraint api_keys_scopes_check check (
    cardinality(scopes) > 0
    and scopes <@ '{orders:read,orders:write,jobs:read,jobs:write,admin}'::text[])
);

comment on table api_keys is
  'Who may call the HTTP API. A token is stv_<key_id>_<secret>; only the secret''s SHA-256 is '
  'kept '
  '(it is 256 random bits, so a slow hash would add nothing).';
comment on column api_keys.tenant_id is 'The shop that the key acts for.';
comment on column api_keys.key_id is 'Public part of the token, 16 hex digits.';
comment on column api_keys.name is 'What the key is for, in the owner''s words.';
comment on column api_keys.secret_hash is 'SHA-256 of the secret part.';
comment on column api_keys.scopes is
  'What it may do: orders:read, orders:write, jobs:read, jobs:write, admin (everything).';
comment on column api_keys.created_at is 'When it was made.';
comment on column api_keys.expires_at is 'Refused from then on; null: never.';
comment on column api_keys.revoked_at is 'Refused since then; null: in use.';
