-- What a provider's own documents allow, as a rate for its account, unless somebody set one:
-- p_calls in p_seconds, of which a tenth may come at once, so that no such time sees more.
create or replace function declare_provider_rate(
  p_provider text, p_account text, p_calls integer, p_seconds double precision
)
returns void
language sql volatile
as $$
  insert into queue.limits (scope, name, per_second, burst, tokens, refilled_at)
  select 'key', 'provider:' || p_provider || ':' || p_account,
    greatest(0.5, p_calls - greatest(1, p_calls / 10)) / p_seconds, greatest(1, p_calls / 10),
    greatest(1, p_calls / 10), clock_now()
  where not exists (
    select from queue.limits
    where scope = 'key' and name = 'provider:' || p_provider || ':' || p_account)
  on conflict do nothing
$$;

comment on function declare_provider_rate(text, text, integer, double precision) is
  'Sets the rate that a provider''s documents allow, unless somebody set one.';
