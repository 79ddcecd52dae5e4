-- Says that something went wrong that needs an owner; answers the ticket's id. If the cause has an
-- open ticket, that one counts: its severity becomes the worse of both, its details and order are
-- the latest. p_cause_key is the same whenever the same thing goes wrong. P0VAL.
--
-- Locks: the ticket, until the caller's transaction ends. Call it last, after orders and stock.
create or replace function open_ticket(
  p_category text,
  p_severity text,
  p_cause_key text,
  p_summary text,
  p_details jsonb default '{}',
  p_order_id bigint default null,
  p_tenant uuid default current_tenant_id()
)
returns bigint
language plpgsql volatile
as $$
declare
  v_ranks constant text[] := '{low,medium,high,critical}';
  v_ticket_id bigint;
begin
  insert into tickets as t (
    tenant_id, cause_key, category, severity, summary, details, order_id)
  values (
    p_tenant,
    left(p_cause_key, 300),
    p_category,
    p_severity,
    -- One line, whatever a provider said.
    coalesce(
      nullif(left(btrim(regexp_replace(p_summary, '[[:cntrl:][:space:]]+', ' ', 'g')), 255), ''),
      left(p_cause_key, 255)),
    coalesce(p_details, '{}'),
    p_order_id)
  on conflict (tenant_id, cause_key) where state = 'open' do update
  set
    occurrences = t.occurrences + 1,
    last_seen_at = clock_now(),
    severity = v_ranks[greatest(
      array_position(v_ranks, t.severity), array_position(v_ranks, excluded.severity))],
    details = excluded.details,
    order_id = coalesce(excluded.order_id, t.order_id),
    version = t.version + 1
  returning ticket_id into v_ticket_id;
  return v_ticket_id;
end
$$;

comment on function open_ticket(text, text, text, text, jsonb, bigint, uuid) is
  'Says that something went wrong that needs an owner: opens the ticket of the cause, or counts.';
