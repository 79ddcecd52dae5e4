-- What happened in a shop after a position (null: from the oldest that is kept), oldest first.
-- Whoever goes on from the position of the last row misses nothing, ever, and sees nothing twice:
-- only events of transactions before the oldest open one are answered, so none can come in between
-- later. The price: an event is seen when all transactions have ended that began to write before
-- its own did, be they about something else.
--
-- p_kinds: kinds such as order.placed, and first halves such as order. p_order_id, p_customer_id:
-- only events of this order, of this customer (of the orders: the newest 1000).
-- A reader with filters that got fewer than p_limit may go on from what events_position() said
-- before it asked. Raises P0VAL for a position that is none. Indexes: shop_events_pkey,
-- shop_events_order_id_idx.
create or replace function events_after(
  p_after text,
  p_limit integer default 500,
  p_kinds text[] default null,
  p_order_id bigint default null,
  p_customer_id bigint default null,
  p_tenant uuid default current_tenant_id()
)
returns table (
  event_position text,
  event_id bigint,
  kind text,
  order_id bigint,
  order_number text,
  customer_id bigint,
  subject_id bigint,
  data jsonb,
  occurred_at timestamptz
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_after record;
  v_order_ids bigint[];
begin
  select p.transaction_id, p.event_id into v_after
  from event_place(coalesce(p_after, '0-0')) as p;

  if p_order_id is null and p_customer_id is null then
    return query
      select e.transaction_id || '-' || e.event_id, e.event_id, e.kind, e.order_id,
        o.order_number, coalesce(e.customer_id, o.customer_id), e.subject_id, e.data,
        e.occurred_at
      from (
        select *
        from shop_events as s
        where s.tenant_id = p_tenant
          and (s.transaction_id, s.event_id) > (v_after.transaction_id, v_after.event_id)
          and s.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
          and (p_kinds is null
            or s.kind = any (p_kinds) or split_part(s.kind, '.', 1) = any (p_kinds))
        order by s.transaction_id, s.event_id
        limit p_limit
      ) as e
      left join orders as o on o.tenant_id = p_tenant and o.order_id = e.order_id
      order by e.transaction_id, e.event_id;
    return;
  end if;

  select array_agg(o.order_id) into v_order_ids
  from (
    select o.order_id
    from orders as o
    where o.tenant_id = p_tenant
      and o.order_id = p_order_id
      and (p_customer_id is null or o.customer_id = p_customer_id)
    union all
    (
      select o.order_id
      from orders as o
      where o.tenant_id = p_tenant
        and o.customer_id = p_customer_id
        and p_order_id is null
      order by o.placed_at desc
      limit 1000
    )
  ) as o;
  return query
    select e.transaction_id || '-' || e.event_id, e.event_id, e.kind, e.order_id,
      o.order_number, coalesce(e.customer_id, o.customer_id), e.subject_id, e.data,
      e.occurred_at
    from shop_events as e
    join orders as o using (tenant_id, order_id)
    where e.tenant_id = p_tenant
      and e.order_id = any (v_order_ids)
      and (e.transaction_id, e.event_id) > (v_after.transaction_id, v_after.event_id)
      and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      and (p_kinds is null
        or e.kind = any (p_kinds) or split_part(e.kind, '.', 1) = any (p_kinds))
    order by e.transaction_id, e.event_id
    limit p_limit;
end
$$;

comment on function events_after(text, integer, text[], bigint, bigint, uuid) is
  'What happened in a shop after a position, oldest first; misses nothing whatever commits later.';
