-- What follows when orders change their state, for all orders of a statement at once:
--   confirmed                           stock is committed, fulfilments begin, the customer hears
--   cancelled, expired, payment_failed  stock is given back, fulfilments and their jobs end
--   pending, a second time              stock is reserved again
--   processing, delivered, cancelled    the customer hears, of processing if goods are shipped
--   payment_failed                      the customer hears how to try again
--   on_hold                             somebody wrote why, or it is written now
--   anything after on_hold              its holds end
-- This and trg_fulfillments_*, trg_notification_queue_enqueue are where orders meet jobs.
create or replace function trg_orders_effects()
returns trigger
language plpgsql
as $$
declare
  v_group record;
begin
  for v_group in
    select
      n.tenant_id,
      n.order_status,
      array_agg(n.order_id order by n.order_id) as order_ids,
      array_agg(n.order_id order by n.order_id)
        filter (where o.order_status = 'on_hold') as resumed_ids
    from new_rows as n
    join old_rows as o using (tenant_id, order_id)
    where n.order_status <> o.order_status
      and n.order_status in ('pending', 'on_hold', 'confirmed', 'processing', 'delivered',
        'cancelled', 'expired', 'payment_failed')
    group by n.tenant_id, n.order_status
    order by n.tenant_id, n.order_status
  loop
    if v_group.resumed_ids is not null then
      perform release_holds(v_group.tenant_id, v_group.resumed_ids);
    end if;
    case v_group.order_status
      when 'pending' then
        perform renew_stock(v_group.tenant_id, v_group.order_ids);
      when 'on_hold' then
        perform explain_holds(v_group.tenant_id, v_group.order_ids);
      when 'confirmed' then
        perform confirm_orders(v_group.tenant_id, v_group.order_ids, v_group.resumed_ids);
      when 'processing' then
        -- Without a parcel the next word is that it is delivered, moments later.
        perform notify_orders(v_group.tenant_id, array_agg(p.order_id), 'order_processing')
        from (
          select distinct oi.order_id
          from order_items as oi
          join product_variants as v using (tenant_id, variant_id)
          where oi.tenant_id = v_group.tenant_id
            and oi.order_id = any (v_group.order_ids)
            and v.kind = 'physical'
        ) as p
        having count(*) > 0;
      when 'delivered' then
        perform notify_orders(v_group.tenant_id, v_group.order_ids, 'order_delivered');
        -- Some of it may have come back before the rest arrived.
        perform follow_returns(v_group.tenant_id, o.order_id)
        from unnest(v_group.order_ids) as o (order_id)
        where exists (
          select
          from returns as r
          where r.tenant_id = v_group.tenant_id
            and r.order_id = o.order_id);
      when 'cancelled' then
        perform release_stock(
          v_group.tenant_id, v_group.order_ids, 'released', 'ORDER_CANCELLED');
        perform cancel_fulfillments(v_group.tenant_id, v_group.order_ids);
        perform notify_orders(v_group.tenant_id, v_group.order_ids, 'order_cancelled');
      when 'expired' then
        perform release_stock(v_group.tenant_id, v_group.order_ids, 'expired', 'EXPIRED');
      when 'payment_failed' then
        perform release_stock(
          v_group.tenant_id, v_group.order_ids, 'released', 'PAYMENT_FAILED');
        perform tell_failed_payments(v_group.tenant_id, v_group.order_ids);
    end case;
  end loop;
  return null;
end
$$;

comment on function trg_orders_effects() is
  'What follows when orders change their state: stock, fulfilments, jobs, notices.';

create or replace trigger trg_orders_2_effects
after update on orders
referencing old table as old_rows new table as new_rows
for each statement execute function trg_orders_effects();
