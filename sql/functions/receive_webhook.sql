-- Stores one event of a provider together with its job: receive_webhooks() of one.
create or replace function receive_webhook(
  p_source text,
  p_event_id text,
  p_event_type text,
  p_headers jsonb,
  p_body bytea,
  p_tenant uuid default current_tenant_id()
)
returns table (
  webhook_event_id bigint,
  is_new boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
begin
  return query
    select r.webhook_event_id, r.is_new
    from receive_webhooks(
      array[p_source], array[p_event_id], array[p_event_type],
      array[coalesce(p_headers, '{}')::text], array[p_body], array[null]::text[],
      p_tenant) as r;
end
$$;

comment on function receive_webhook(text, text, text, jsonb, bytea, uuid) is
  'Stores one event of a provider together with its ingest_webhook job; answers its row.';
