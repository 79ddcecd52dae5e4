-- For workers of the previous release, which still call it; newer ones go by table.
-- Forgets what customers read inside the shop and what channels reported, at most p_limit of each,
-- once it is this old; answers how many of the one that had more.
create or replace function sp_forget_notifications(p_age_seconds double precision, p_limit integer)
returns integer
language plpgsql volatile
as $$
declare
  v_before constant timestamptz := clock_now() - make_interval(secs => p_age_seconds);
  v_notices integer;
  v_receipts integer;
begin
  delete from customer_notifications as n
  using (
    select tenant_id, customer_notification_id
    from customer_notifications
    where created_at < v_before
    order by created_at
    limit p_limit
    for update skip locked
  ) as old
  where n.tenant_id = old.tenant_id
    and n.customer_notification_id = old.customer_notification_id;
  get diagnostics v_notices = row_count;
  delete from notification_receipts as r
  using (
    select tenant_id, receipt_id
    from notification_receipts
    where received_at < v_before
    order by received_at
    limit p_limit
    for update skip locked
  ) as old
  where r.tenant_id = old.tenant_id
    and r.receipt_id = old.receipt_id;
  get diagnostics v_receipts = row_count;
  return greatest(v_notices, v_receipts);
end
$$;

comment on function sp_forget_notifications(double precision, integer) is
  'Forgets old notices inside the shop and old receipts; answers how many at most of one.';
