-- What the fleet knows together of the outside systems that it calls: whether one may be called at
-- all (its breaker), and the tokens that were got from it.
-- Locks: none on existing data, new tables only. The previous release knows neither and calls as
-- before.

create table provider_gates (
  provider text not null,
  account text not null default 'default',
  state text not null default 'closed',
  failures integer not null default 0,
  openings integer not null default 0,
  failure_limit integer not null default 5,
  first_wait interval not null default '10 seconds',
  longest_wait interval not null default '5 minutes',
  opened_at timestamptz,
  probe_at timestamptz,
  paused_until timestamptz,
  last_error text,
  last_error_at timestamptz,
  changed_at timestamptz not null default clock_now(),
  constraint provider_gates_pkey primary key (provider, account),
  constraint provider_gates_provider_check check (provider ~ '^[a-z][a-z0-9_-]{0,39}$'),
  constraint provider_gates_account_check check (length(account) between 1 and 100),
  constraint provider_gates_state_check check (state in ('closed', 'open', 'half_open')),
  constraint provider_gates_probe_check
    check ((state = 'closed') = (opened_at is null) and (state = 'closed') = (probe_at is null)),
  constraint provider_gates_failures_check check (failures >= 0 and openings >= 0),
  constraint provider_gates_failure_limit_check check (failure_limit between 1 and 10),
  constraint provider_gates_wait_check
    check (first_wait > interval '0' and longest_wait >= first_wait
      and longest_wait <= interval '1 hour'),
  constraint provider_gates_last_error_check check (length(last_error) <= 500)
)
with (fillfactor = 70);

comment on table provider_gates is
  'The circuit breaker of each outside system and account, one for the whole fleet. Its rate is '
  'the limit of key provider:<provider>:<account> in queue.limits (queue.set_limit).';
comment on column provider_gates.provider is 'Code of the provider or carrier.';
comment on column provider_gates.account is 'Which of our accounts there.';
comment on column provider_gates.state is
  'closed: calls go through; open: none does; half_open: one worker tries.';
comment on column provider_gates.failures is 'Failures in a row, of the whole fleet.';
comment on column provider_gates.openings is
  'How often it opened lately without recovering for good; each doubles the wait.';
comment on column provider_gates.failure_limit is 'Failures in a row that open it.';
comment on column provider_gates.first_wait is 'How long it stays shut at first.';
comment on column provider_gates.longest_wait is 'How long it stays shut at most before a probe.';
comment on column provider_gates.opened_at is 'Since when it is not closed.';
comment on column provider_gates.probe_at is 'When the next probe may go.';
comment on column provider_gates.paused_until is 'The provider asked for patience until then.';
comment on column provider_gates.last_error is 'What the last failure said; nothing personal.';
comment on column provider_gates.last_error_at is 'When that was.';
comment on column provider_gates.changed_at is 'When its state last changed.';

create table provider_tokens (
  token_name text not null,
  sealed bytea,
  expires_at timestamptz,
  renewing_until timestamptz,
  renewed_at timestamptz,
  constraint provider_tokens_pkey primary key (token_name),
  constraint provider_tokens_token_name_check check (length(token_name) between 1 and 200),
  constraint provider_tokens_sealed_check
    check (octet_length(sealed) <= 16384 and (sealed is null) = (expires_at is null))
)
with (fillfactor = 70);

comment on table provider_tokens is
  'Tokens got from outside systems, renewed by one worker for all. Sealed with a key made from the '
  'credentials that get them: who reads this table without those can''t use it.';
comment on column provider_tokens.token_name is 'Provider, account and purpose.';
comment on column provider_tokens.sealed is 'The token, encrypted; null: there is none.';
comment on column provider_tokens.expires_at is 'From then on it is renewed; before its real end.';
comment on column provider_tokens.renewing_until is 'Somebody renews it; until then others wait.';
comment on column provider_tokens.renewed_at is 'When it was last renewed.';
