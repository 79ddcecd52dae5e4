-- Keys that sign their requests instead of being sent along, and what they have signed lately, so
-- that a request that was overheard is not taken twice.
-- Locks: api_keys for a moment: a column with a constant default is added without a rewrite.
-- The previous release: makes keys that do not sign, and takes one that does as a bearer key.

alter table api_keys add column signs boolean not null default false;

comment on column api_keys.signs is
  'Whether its owner signs each request with it and never sends it: then it is no bearer key.';

create table api_nonces (
  tenant_id uuid not null default current_tenant_id(),
  key_id text not null,
  nonce text not null,
  used_at timestamptz not null default clock_now(),
  constraint api_nonces_pkey primary key (tenant_id, key_id, nonce),
  constraint api_nonces_nonce_check check (length(nonce) between 8 and 64)
);

create index api_nonces_used_at_idx on api_nonces (used_at);

comment on table api_nonces is
  'Nonces of signed requests, for as long as their times are taken: each counts once. use_nonce() '
  'removes what is older, two for each that comes.';
comment on column api_nonces.tenant_id is 'The shop.';
comment on column api_nonces.key_id is 'The key that signed.';
comment on column api_nonces.nonce is 'What was signed with the request, once.';
comment on column api_nonces.used_at is 'When it came.';
