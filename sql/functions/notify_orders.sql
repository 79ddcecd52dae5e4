-- Writes one notice of a kind for each of these orders; an event told before is not told again.
-- A customer without a mail address gets a row that says so instead of silence.
create or replace function notify_orders(
  p_tenant uuid, p_order_ids bigint[], p_type text, p_event text default ''
)
returns void
language plpgsql volatile
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call.
as $$
begin
  insert into notification_queue (
    tenant_id, order_id, notification_type, channel, recipient, locale, payload, status,
    skip_reason, dedupe_key)
  select
    o.tenant_id,
    o.order_id,
    p_type,
    'email',
    o.customer_email,
    o.locale,
    s.summary || jsonb_build_object(
      'customer_name', o.customer_name,
      'reason', coalesce(o.cancel_reason, current_reason())),
    case when o.customer_email is null then 'skipped' else 'pending' end,
    case when o.customer_email is null then 'no_address' end,
    concat_ws(':', p_type, o.order_id, 'email', nullif(p_event, ''))
  from orders as o
  join order_summaries(p_tenant, p_order_ids) as s using (order_id)
  where o.tenant_id = p_tenant
    and o.order_id = any (p_order_ids)
  order by o.order_id
  on conflict (tenant_id, dedupe_key) do nothing;
end
$$;

comment on function notify_orders(uuid, bigint[], text, text) is
  'Writes a notice of a kind for orders; each event is told once.';
