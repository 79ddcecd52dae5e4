-- Keeps order_metrics: one upsert per statement, only for orders that changed their state. Placing
-- makes no row, confirming at once (cod) makes one.
create or replace function trg_orders_metrics()
returns trigger
language plpgsql
as $$
begin
  insert into order_metrics as m (
    tenant_id, order_id, placed_at, paid_at, confirmed_at, begun_at, fulfilled_at, shipped_at,
    delivered_at, ended_at, on_hold_ms)
  select
    n.tenant_id,
    n.order_id,
    n.placed_at,
    case when n.payment_status = 'paid' then clock_now() end,
    n.confirmed_at,
    case when n.order_status = 'processing' then clock_now() end,
    case when n.order_status in ('packed', 'shipped', 'delivered') then clock_now() end,
    case when n.order_status = 'shipped' then clock_now() end,
    n.delivered_at,
    case when n.order_status in ('delivered', 'cancelled', 'expired') then clock_now() end,
    case when o.order_status = 'on_hold' and n.order_status <> 'on_hold'
      then elapsed_ms(coalesce(o.order_status_since, o.updated_at)) else 0 end
  from new_rows as n
  join old_rows as o using (tenant_id, order_id)
  where n.order_status <> o.order_status
    or n.payment_status <> o.payment_status
  order by n.tenant_id, n.order_id
  on conflict on constraint order_metrics_pkey do update
  set
    paid_at = coalesce(m.paid_at, excluded.paid_at),
    confirmed_at = coalesce(m.confirmed_at, excluded.confirmed_at),
    begun_at = coalesce(m.begun_at, excluded.begun_at),
    fulfilled_at = coalesce(m.fulfilled_at, excluded.fulfilled_at),
    shipped_at = coalesce(m.shipped_at, excluded.shipped_at),
    delivered_at = coalesce(m.delivered_at, excluded.delivered_at),
    ended_at = coalesce(m.ended_at, excluded.ended_at),
    on_hold_ms = m.on_hold_ms + excluded.on_hold_ms,
    updated_at = excluded.updated_at;
  return null;
end
$$;

comment on function trg_orders_metrics() is 'Keeps order_metrics from changes of state.';

create or replace trigger trg_orders_1_metrics
after update on orders
referencing old table as old_rows new table as new_rows
for each statement execute function trg_orders_metrics();
