-- What the fleet knows of every outside system that it ever called: may it be called, since when
-- not, and how fast.
create or replace view provider_health
with (security_invoker = true) as
select
    g.provider,
    g.account,
    g.state,
    g.failures,
    g.opened_at,
    g.probe_at,
    case when g.paused_until > clock_now() then g.paused_until end as paused_until,
    g.last_error,
    g.last_error_at,
    g.changed_at,
    l.per_second,
    l.burst
from provider_gates as g
left join queue.limits as l
    on
        l.scope = 'key'
        and l.name = 'provider:' || g.provider || ':' || g.account;

comment on view provider_health is
'Every outside system the fleet has called: its breaker, its rate, its last error.';
comment on column provider_health.provider is 'Code of the provider or carrier.';
comment on column provider_health.account is 'Which of our accounts there.';
comment on column provider_health.state is 'closed (works), open (shut), half_open (one tries).';
comment on column provider_health.failures is 'Failures in a row.';
comment on column provider_health.opened_at is 'Since when it is not closed.';
comment on column provider_health.probe_at is 'When it is tried again.';
comment on column provider_health.paused_until is 'It asked for patience until then.';
comment on column provider_health.last_error is 'What the last failure said.';
comment on column provider_health.last_error_at is 'When that was.';
comment on column provider_health.changed_at is 'When its state last changed.';
comment on column provider_health.per_second is 'Calls a second; null: no limit of ours.';
comment on column provider_health.burst is 'Calls at once.';
