-- Writes one notice of a kind for each of these orders, on each channel that its customer wants; an
-- event told before is not told again.
create or replace function notify_orders(
  p_tenant uuid, p_order_ids bigint[], p_type text, p_event text default ''
)
returns void
language plpgsql volatile
as $$
begin
  perform notify_customers(
    p_tenant,
    p_type,
    p_order_ids,
    array_fill(coalesce(p_event, ''), array[cardinality(p_order_ids)]),
    array_fill('{}'::jsonb, array[cardinality(p_order_ids)]));
end
$$;

comment on function notify_orders(uuid, bigint[], text, text) is
  'Writes a notice of a kind for orders; each event is told once.';
