-- Ends all holds of orders that go on or are over.
create or replace function release_holds(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
begin
  update order_holds
  set
    released_at = clock_now(),
    released_by = current_actor(),
    release_notes = current_reason()
  where tenant_id = p_tenant
    and order_id = any (p_order_ids)
    and released_at is null;
end
$$;

comment on function release_holds(uuid, bigint[]) is
  'Ends all holds of orders that go on or are over.';
