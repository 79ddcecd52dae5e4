-- Puts the details of at most p_limit orders away: of those that ended, with which nothing is open,
-- and to which nothing happened for p_age. Answers by table how many rows went, and as 'orders' how
-- many orders; nothing when none is left.
--
-- What goes is what belongs to a moment: changes of state, what carriers and providers said, the
-- audit trail, notices. The order, its lines, parts and parcels stay, and so do the books (stock,
-- payments, wallets, returns), reports of carriers about trouble, which analytics counts, and what
-- is still open in the queue of notices.
--
-- A document is made of the rows that a delete gives back, in the same statement: it holds exactly
-- what went. trg_refuse_loss compares them again and refuses the delete otherwise.
-- Locks: the orders, skipping what others hold, so that nothing is added to one meanwhile; writers
-- of one of these orders wait for one batch. Index: orders_to_archive_idx.
-- Workers may not delete from a ledger, so it runs as the owner, for the role stevedore_worker.
create or replace function archive_orders(p_age interval, p_limit integer)
returns table (
  table_name text,
  row_count bigint
)
language plpgsql volatile
security definer
set search_path = public, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_before constant timestamptz := v_now - p_age;
  -- What the document's own row says.
  v_named constant text[] := '{tenant_id,order_id}';
  v_shops uuid[];
  v_orders bigint[];
begin
  perform make_archive_partitions();
  select array_agg(c.tenant_id), array_agg(c.order_id)
  into v_shops, v_orders
  from (
    select o.tenant_id, o.order_id
    from orders as o
    where o.order_status in ('delivered', 'completed', 'partially_returned', 'returned',
        'cancelled', 'expired')
      and (o.archived_at is null or o.archived_at <= o.updated_at)
      and o.updated_at < v_before
      and o.error_count = 0
      and not exists (
        select from order_state_history as h
        where h.tenant_id = o.tenant_id and h.order_id = o.order_id
          and h.created_at >= v_before)
      and not exists (
        select from order_logs as g
        where g.tenant_id = o.tenant_id and g.order_id = o.order_id
          and g.created_at >= v_before)
      and not exists (
        select from fulfillments as f
        where f.tenant_id = o.tenant_id and f.order_id = o.order_id
          and (f.status not in ('delivered', 'returned', 'cancelled') or f.updated_at >= v_before))
      and not exists (
        select from fulfillment_logs as g
        where g.tenant_id = o.tenant_id and g.order_id = o.order_id
          and g.created_at >= v_before)
      and not exists (
        select from shipments as s
        where s.tenant_id = o.tenant_id and s.order_id = o.order_id
          and (s.status not in ('delivered', 'returned', 'cancelled', 'expired')
            or s.updated_at >= v_before
            or exists (
              select from tracking_events as e
              where e.tenant_id = s.tenant_id and e.shipment_id = s.shipment_id
                and e.received_at >= v_before)))
      and not exists (
        select from returns as r
        where r.tenant_id = o.tenant_id and r.order_id = o.order_id
          and r.status not in ('rejected', 'cancelled', 'expired', 'lost', 'refunded',
            'exchanged'))
      and not exists (
        select from refunds as r
        where r.tenant_id = o.tenant_id and r.order_id = o.order_id and r.status = 'pending')
      and not exists (
        select from order_holds as h
        where h.tenant_id = o.tenant_id and h.order_id = o.order_id and h.released_at is null)
      and not exists (
        select from notification_queue as n
        where n.tenant_id = o.tenant_id and n.order_id = o.order_id
          and (n.status = 'pending' or n.updated_at >= v_before))
    order by o.updated_at
    limit p_limit
    for update of o skip locked
  ) as c;
  if v_orders is null then
    return;
  end if;

  return query
  with
  chosen as (
    select tenant_id, order_id
    from unnest(v_shops, v_orders) as c (tenant_id, order_id)
  ),
  history as (
    delete from order_state_history as t
    using chosen as c
    where t.tenant_id = c.tenant_id and t.order_id = c.order_id
    returning t.tenant_id, t.order_id, 'order_state_history' as origin, t.history_id as place,
      t.created_at as at, to_jsonb(t) - v_named as content
  ),
  logs as (
    delete from order_logs as t
    using chosen as c
    where t.tenant_id = c.tenant_id and t.order_id = c.order_id
    returning t.tenant_id, t.order_id, 'order_logs', t.order_log_id, t.created_at,
      to_jsonb(t) - v_named
  ),
  tracking as (
    delete from tracking_events as t
    using chosen as c
    join shipments as s on s.tenant_id = c.tenant_id and s.order_id = c.order_id
    where t.tenant_id = s.tenant_id and t.shipment_id = s.shipment_id and t.order_id = s.order_id
      and t.status not in ('exception', 'returned', 'expired')
    returning t.tenant_id, t.order_id, 'tracking_events', t.tracking_event_id, t.received_at,
      to_jsonb(t) - v_named
  ),
  calls as (
    delete from fulfillment_logs as t
    using chosen as c
    where t.tenant_id = c.tenant_id and t.order_id = c.order_id
    returning t.tenant_id, t.order_id, 'fulfillment_logs', t.fulfillment_log_id, t.created_at,
      to_jsonb(t) - v_named
  ),
  notices as (
    delete from notification_queue as t
    using chosen as c
    where t.tenant_id = c.tenant_id and t.order_id = c.order_id and t.status <> 'pending'
    returning t.tenant_id, t.order_id, 'notification_queue', t.notification_id, t.created_at,
      to_jsonb(t) - v_named
  ),
  gone as (
    select * from history
    union all select * from logs
    union all select * from tracking
    union all select * from calls
    union all select * from notices
  ),
  lists as (
    select g.tenant_id, g.order_id, g.origin, count(*) as rows, max(g.at) as last_at,
      jsonb_agg(g.content order by g.place) as contents
    from gone as g
    group by g.tenant_id, g.order_id, g.origin
  ),
  written as (
    insert into archived_orders (tenant_id, order_id, archived_at, last_at, row_count, document)
    select l.tenant_id, l.order_id, v_now, max(l.last_at), sum(l.rows),
      jsonb_object_agg(l.origin, l.contents)
    from lists as l
    group by l.tenant_id, l.order_id
  ),
  marked as (
    update orders as o
    set archived_at = v_now
    from chosen as c
    where o.tenant_id = c.tenant_id and o.order_id = c.order_id
    returning o.order_id
  )
  select 'orders', count(*) from marked
  union all
  select l.origin, sum(l.rows)::bigint from lists as l group by l.origin;
end
$$;

comment on function archive_orders(interval, integer) is
  'Puts the details of at most so many orders away that ended so long ago; answers by table how '
  'many rows went.';
