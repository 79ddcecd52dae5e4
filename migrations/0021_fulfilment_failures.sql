-- How often a provider's answer made a fulfilment wait, apart from how often a worker began it: a
-- worker that dies must not use up the provider's attempts.
-- Locks: access exclusive on fulfillments, for a moment: a constant default rewrites no row.

alter table fulfillments
  add column failures integer not null default 0,
  add constraint fulfillments_failures_check check (failures >= 0);

comment on column fulfillments.failures is
  'Conversations with the provider that failed and may be repeated, since it was enqueued or last '
  'resumed; a worker that died is none.';
