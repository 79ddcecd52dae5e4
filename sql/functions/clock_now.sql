-- The only clock of facts: queries, triggers, views and defaults all ask it, so a test (or a
-- replay) moves time for all of them at once with `set stevedore.now = '2026-01-01T00:00:00Z'`.
-- Stable and inlined by the planner: `run_at <= clock_now()` stays an index condition.
create or replace function clock_now()
returns timestamptz
language sql
stable
parallel safe
return coalesce(nullif(current_setting('stevedore.now', true), '')::timestamptz, now());

comment on function clock_now() is
  'The time of this transaction, or the setting stevedore.now when a test has set it.';
