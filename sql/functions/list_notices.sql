-- Called by the previous release; this one reads vw_notices.
-- Notices as admins watch them, newest first; addresses are shortened. p_status, p_channel: only
-- such; p_before: only older ones.
create or replace function list_notices(
  p_status text default null,
  p_channel text default null,
  p_before bigint default null,
  p_limit integer default 50,
  p_tenant uuid default current_tenant_id()
)
returns jsonb
language plpgsql stable
as $$
begin
  return jsonb_build_object('notices', (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.notice_id desc), '[]')
    from (
      select
        q.notification_id as notice_id,
        q.order_id,
        q.notification_type as type,
        q.channel,
        left(q.recipient, 2) || '…' || right(q.recipient, 4) as recipient,
        q.locale,
        q.status,
        q.skip_reason,
        q.attempts,
        q.unknown_attempts,
        q.error_code,
        q.last_error,
        q.created_at,
        q.not_before,
        q.sent_at,
        q.delivered_at
      from notification_queue as q
      where q.tenant_id = p_tenant
        and q.notification_id < coalesce(p_before, 9223372036854775807)
        and (p_status is null or q.status = p_status)
        and (p_channel is null or q.channel = p_channel)
      order by q.notification_id desc
      limit p_limit
    ) as n));
end
$$;

comment on function list_notices(text, text, bigint, integer, uuid) is
  'Notices as admins watch them, newest first.';
