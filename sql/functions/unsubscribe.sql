-- Whoever got a notice wants no more like it: a known customer mutes its kind, a guest's address is
-- told nothing more that is not essential. Twice is once. The token alone proves who asks; it says
-- the shop, too. False: nobody knows it (any more).
create or replace function unsubscribe(p_token uuid)
returns boolean
language plpgsql volatile
as $$
declare
  v_notice notification_queue;
begin
  select * into v_notice from notification_queue where unsubscribe_token = p_token;
  if not found then
    return false;
  end if;
  if v_notice.customer_id is not null then
    insert into notification_preferences as p (tenant_id, customer_id, muted_types)
    values (
      v_notice.tenant_id, v_notice.customer_id, array[v_notice.notification_type])
    on conflict (tenant_id, customer_id) do update
    set muted_types = p.muted_types || excluded.muted_types, updated_at = clock_now()
    where not p.muted_types @> excluded.muted_types;
  else
    insert into notification_suppressions (
      tenant_id, channel, address, reason, notification_id)
    values (
      v_notice.tenant_id, v_notice.channel, lower(v_notice.recipient), 'opted_out',
      v_notice.notification_id)
    on conflict do nothing;
  end if;
  return true;
end
$$;

comment on function unsubscribe(uuid) is
  'Ends notices like the one that carries this token; false: no notice does.';
