-- What a worker has to know of a refund that it asked for before, so that it asks only once.
-- Locks: access exclusive on refunds for a moment: nullable columns and constant defaults rewrite
--   no row.
-- The previous release: writes none of them and runs no refund_payment job.

alter table refunds
  add column reference uuid,
  add column attempt integer not null default 0,
  add column failures integer not null default 0,
  add column lookup_first boolean not null default false,
  add column submitted_at timestamptz;

comment on column refunds.reference is
  'Our reference at the provider, the same in every attempt; null: never asked for over its API.';
comment on column refunds.attempt is 'How often a worker began it.';
comment on column refunds.failures is 'How many conversations with the provider failed.';
comment on column refunds.lookup_first is
  'It was sent and the outcome was never learnt: the provider is asked before it is sent again.';
comment on column refunds.submitted_at is 'When it was last sent to the provider.';
