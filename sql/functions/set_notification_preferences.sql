-- A customer says how he wants to be told: channels, muted_types, time_zone, quiet_from,
-- quiet_until; what is left out or null is as the shop does it. Answers what holds now, or null
-- when there is no such customer. P0VAL with every problem.
create or replace function set_notification_preferences(
  p_customer_code text, p_wishes jsonb, p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql volatile
as $$
declare
  v_customer_id bigint;
  v_problems jsonb;
  v_times constant text := '^([01][0-9]|2[0-3]):[0-5][0-9]$';
begin
  select customer_id into v_customer_id
  from customers
  where tenant_id = p_tenant
    and customer_code = p_customer_code;
  if not found then
    return null;
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code, 'message', message))
  into v_problems
  from (
    select 'channels', 'unknown', 'must be a list of email, sms, whatsapp, in_app'
    where jsonb_typeof(coalesce(p_wishes->'channels', 'null')) not in ('null', 'array')
      or not coalesce(p_wishes->'channels', '[]') <@ '["email", "sms", "whatsapp", "in_app"]'
        and p_wishes->'channels' <> 'null'
    union all
    select 'muted_types', 'unknown', 'must be a list of kinds that may be muted'
    where jsonb_typeof(coalesce(p_wishes->'muted_types', 'null')) not in ('null', 'array')
      or p_wishes->'muted_types' <> 'null' and not p_wishes->'muted_types' <@ (
        select jsonb_agg(notification_type)
        from notification_kinds
        where audience = 'customer'
          and not is_essential)
    union all
    select 'time_zone', 'unknown', 'must be a time zone such as Africa/Accra'
    where p_wishes->>'time_zone' is not null
      and not exists (select from pg_timezone_names where name = p_wishes->>'time_zone')
    union all
    select w.field, 'format', 'must be a time such as 22:00'
    from (values ('quiet_from'), ('quiet_until')) as w (field)
    where p_wishes->>w.field !~ v_times
    union all
    select 'quiet_until', 'required', 'quiet_from and quiet_until go together'
    where (p_wishes->>'quiet_from' is null) <> (p_wishes->>'quiet_until' is null)
  ) as p (field, code, message);
  if v_problems is not null then
    raise exception '% %', v_problems->0->>'field', v_problems->0->>'message'
      using errcode = 'P0VAL', detail = v_problems::text;
  end if;
  insert into notification_preferences as p (
    tenant_id, customer_id, channels, muted_types, time_zone, quiet_from, quiet_until)
  select
    p_tenant,
    v_customer_id,
    case when jsonb_typeof(p_wishes->'channels') = 'array'
      then array(select jsonb_array_elements_text(p_wishes->'channels')) end,
    case when jsonb_typeof(p_wishes->'muted_types') = 'array'
      then array(select jsonb_array_elements_text(p_wishes->'muted_types')) else '{}' end,
    p_wishes->>'time_zone',
    (p_wishes->>'quiet_from')::time,
    (p_wishes->>'quiet_until')::time
  on conflict (tenant_id, customer_id) do update
  set
    channels = excluded.channels,
    muted_types = excluded.muted_types,
    time_zone = excluded.time_zone,
    quiet_from = excluded.quiet_from,
    quiet_until = excluded.quiet_until,
    updated_at = clock_now();
  return notification_preferences_of(p_customer_code, p_tenant);
end
$$;

comment on function set_notification_preferences(text, jsonb, uuid) is
  'How a customer wants to be told. P0VAL.';
