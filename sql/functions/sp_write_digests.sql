-- Tells admins who want a digest what happened since the last one, each once a day after the hour
-- that he wants it, in his time zone; nothing when nothing happened. Answers how many it wrote; a
-- digest that somebody else is writing just now is his.
create or replace function sp_write_digests(p_limit integer default 100)
returns integer
language plpgsql volatile
as $$
declare
  v_written integer;
begin
  with due as materialized (
    select
      c.tenant_id,
      c.contact_id,
      c.channel,
      c.address,
      c.locale,
      (clock_now() at time zone c.time_zone)::date as day
    from admin_contacts as c
    where c.is_active
      and c.delivery = 'digest'
      and (clock_now() at time zone c.time_zone)::time >= c.digest_at
      and c.last_digest_on is distinct from (clock_now() at time zone c.time_zone)::date
    order by c.tenant_id, c.contact_id
    limit p_limit
    for no key update skip locked
  ),
  marked as (
    update admin_contacts as c
    set last_digest_on = due.day
    from due
    where c.tenant_id = due.tenant_id
      and c.contact_id = due.contact_id
  ),
  told as (
    update notification_queue as n
    set skip_reason = 'digested', updated_at = clock_now()
    from due
    where n.tenant_id = due.tenant_id
      and n.contact_id = due.contact_id
      and n.skip_reason = 'digest'
    returning n.tenant_id, n.contact_id, n.notification_id,
      coalesce(n.payload->>'summary', n.notification_type) as item
  ),
  written as (
    insert into notification_queue (
      tenant_id, contact_id, notification_type, channel, recipient, locale, payload, event,
      dedupe_key)
    select
      due.tenant_id,
      due.contact_id,
      'digest',
      due.channel,
      due.address,
      due.locale,
      jsonb_build_object('items', jsonb_agg(told.item order by told.notification_id)),
      due.day::text,
      concat_ws(':', 'digest', due.day, due.channel, due.contact_id)
    from due
    join told using (tenant_id, contact_id)
    group by due.tenant_id, due.contact_id, due.channel, due.address, due.locale, due.day
    order by due.tenant_id, due.contact_id
    on conflict (tenant_id, dedupe_key) do nothing
    returning 1
  )
  select count(*) into v_written from written;
  return v_written;
end
$$;

comment on function sp_write_digests(integer) is
  'Writes the digests of admins that are due; answers how many.';
