-- Takes a nonce of a signed request; false if it was used before. What is too old to be taken again
-- anyway is forgotten on the way, two for each that comes, so the table stays as long as
-- the window.
-- Locks: its own row; what is forgotten, skipping what others forget.
-- Index: api_nonces_pkey, api_nonces_used_at_idx.
create or replace function use_nonce(
  p_key_id text,
  p_nonce text,
  p_keep_seconds double precision,
  p_tenant uuid default current_tenant_id()
)
returns boolean
language plpgsql volatile
set enable_seqscan = off
as $$
begin
  delete from api_nonces as n
  using (
    select tenant_id, key_id, nonce
    from api_nonces
    where used_at < clock_now() - make_interval(secs => p_keep_seconds)
    order by used_at
    limit 2
    for update skip locked
  ) as old
  where n.tenant_id = old.tenant_id
    and n.key_id = old.key_id
    and n.nonce = old.nonce;
  insert into api_nonces (tenant_id, key_id, nonce)
  values (p_tenant, p_key_id, p_nonce)
  on conflict do nothing;
  return found;
end
$$;

comment on function use_nonce(text, text, double precision, uuid) is
  'Takes a nonce of a signed request; false if it was used before.';
