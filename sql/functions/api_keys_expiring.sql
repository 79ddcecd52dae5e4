-- How many keys that still work end within some time, of all shops. Whoever counts need not be able
-- to read the keys: workers may not. A sequential scan of a small table.
create or replace function api_keys_expiring(p_within interval)
returns bigint
language sql stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
  select count(*)
  from api_keys
  where revoked_at is null
    and expires_at > clock_now()
    and expires_at < clock_now() + p_within
$$;

comment on function api_keys_expiring(interval) is
  'Number of API keys that still work and end within the time; for the fleet''s gauges.';
