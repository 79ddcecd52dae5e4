-- Orders that were put on hold without a row that says why get one, with what the actor gave as
-- the reason.
create or replace function explain_holds(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  insert into order_holds (tenant_id, order_id, reason, notes, held_by)
  select p_tenant, n.order_id, 'other', left(coalesce(current_reason(), ''), 1000), current_actor()
  from unnest(p_order_ids) as n (order_id)
  where not exists (
    select
    from order_holds as h
    where h.tenant_id = p_tenant
      and h.order_id = n.order_id
      and h.released_at is null);
end
$$;

comment on function explain_holds(uuid, bigint[]) is
  'Writes order_holds for orders that are held without one.';
