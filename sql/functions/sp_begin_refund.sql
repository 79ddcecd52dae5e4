-- A worker is about to ask a provider for this refund. Commit before the call: a crash in between
-- leaves lookup_first behind, and the next attempt asks first. No row: it is over, or not there.
-- Locks: order, refund.
create or replace function sp_begin_refund(
  p_refund_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns table (
  order_id bigint,
  order_number text,
  provider_code text,
  provider_payment_id text,
  provider_refund_id text,
  reference uuid,
  currency text,
  amount bigint,
  attempt integer,
  failures integer,
  resumed boolean,
  last_submitted_at timestamptz
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_before refunds;
begin
  -- The order of a refund never changes, so it may be read before anything is locked.
  perform lock_order(p_tenant, r.order_id)
  from refunds as r
  where r.tenant_id = p_tenant
    and r.refund_id = p_refund_id;
  select * into v_before
  from refunds as r
  where r.tenant_id = p_tenant
    and r.refund_id = p_refund_id
  for no key update;
  if v_before.status is distinct from 'pending' then
    return;
  end if;
  update refunds as r
  set
    reference = coalesce(r.reference, gen_random_uuid()),
    attempt = r.attempt + 1,
    lookup_first = true,
    submitted_at = clock_now(),
    updated_at = clock_now()
  where r.tenant_id = p_tenant
    and r.refund_id = p_refund_id;
  return query
    select o.order_id, o.order_number, p.provider, p.provider_payment_id, r.provider_refund_id,
      r.reference, r.currency::text, r.amount, r.attempt, r.failures, v_before.lookup_first,
      v_before.submitted_at
    from refunds as r
    join payments as p using (tenant_id, payment_id)
    join orders as o on o.tenant_id = p_tenant and o.order_id = r.order_id
    where r.tenant_id = p_tenant
      and r.refund_id = p_refund_id;
end
$$;

comment on function sp_begin_refund(bigint, uuid) is
  'Marks a refund as being asked for and answers what to ask; no row: nothing to do any more.';
