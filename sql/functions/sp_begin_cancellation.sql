-- A worker is about to ask a provider to give a fulfilment up. Answers what to name there, as
-- sp_begin_fulfillment does, or no row when nobody wants that any more. Nothing changes: asking
-- twice is asking once. The order's row stays locked.
create or replace function sp_begin_cancellation(
  p_fulfillment_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns table (
  order_id bigint,
  order_number text,
  provider_code text,
  reference uuid,
  provider_order_id text,
  attempt integer,
  resumed boolean,
  last_submitted_at timestamptz,
  customer_name text,
  customer_email text,
  customer_phone text,
  shipping_address jsonb,
  lines jsonb,
  failures integer,
  look_only boolean
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_fulfillment constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
begin
  return query
    select o.order_id, o.order_number, v_fulfillment.provider_code, v_fulfillment.reference,
      v_fulfillment.provider_order_id, v_fulfillment.attempt, true, v_fulfillment.submitted_at,
      o.customer_name, o.customer_email, o.customer_phone, o.shipping_address,
      fulfillment_lines(p_tenant, p_fulfillment_id), v_fulfillment.failures, true
    from orders as o
    where o.tenant_id = p_tenant
      and o.order_id = v_fulfillment.order_id
      and v_fulfillment.status = 'cancellation_requested';
end
$$;

comment on function sp_begin_cancellation(bigint, uuid) is
  'What a provider is to give up; no row: nobody wants that any more. P0NOF.';
