-- A new signing secret: 32 bytes made of two random UUIDs (244 random bits).
create or replace function new_webhook_secret()
returns text
language sql volatile
as $$
  select 'whsec_' || encode(
    sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64')
$$;

comment on function new_webhook_secret() is 'A new signing secret of a webhook endpoint.';
