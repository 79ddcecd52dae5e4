-- How a customer wants to be told: what he said, and what holds because the shop says so. Null: no
-- such customer.
create or replace function notification_preferences_of(
  p_customer_code text, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'channels', coalesce(p.channels, s.channels, '{email}'),
      'muted_types', coalesce(p.muted_types, '{}'),
      'time_zone', coalesce(p.time_zone, s.time_zone, 'UTC'),
      'quiet_from', left(coalesce(p.quiet_from, s.quiet_from)::text, 5),
      'quiet_until', left(coalesce(p.quiet_until, s.quiet_until)::text, 5))
    from customers as c
    left join notification_preferences as p using (tenant_id, customer_id)
    left join notification_settings as s using (tenant_id)
    where c.tenant_id = p_tenant
      and c.customer_code = p_customer_code
  );
end
$$;

comment on function notification_preferences_of(text, uuid) is
  'How a customer is told, after his own wishes and the shop''s.';
