-- events_after() for all shops at once, without filters: for a reader that hands events on.
-- Index: shop_events_position_idx.
create or replace function all_events_after(p_after text, p_limit integer default 500)
returns table (
  event_position text,
  tenant_id uuid,
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
begin
  select p.transaction_id, p.event_id into v_after
  from event_place(coalesce(p_after, '0-0')) as p;
  return query
    select e.transaction_id || '-' || e.event_id, e.tenant_id, e.event_id, e.kind, e.order_id,
      o.order_number, coalesce(e.customer_id, o.customer_id), e.subject_id, e.data,
      e.occurred_at
    from (
      select *
      from shop_events as s
      where (s.transaction_id, s.event_id) > (v_after.transaction_id, v_after.event_id)
        and s.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      order by s.transaction_id, s.event_id
      limit p_limit
    ) as e
    left join orders as o on o.tenant_id = e.tenant_id and o.order_id = e.order_id
    order by e.transaction_id, e.event_id;
end
$$;

comment on function all_events_after(text, integer) is
  'What happened in all shops after a position, oldest first; as safe as events_after().';
