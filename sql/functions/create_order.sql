-- Places an order: idempotency record, checks against the catalogue, order, lines, reservations,
-- history, and the answer, in one call and one transaction. Either all of it happens or nothing.
--
-- p_order: as crates/model/src/orders/new_order.rs describes it. p_key, p_request_hash: the
-- client's Idempotency-Key and SHA-256 of its body, or nulls. p_traceparent: W3C trace context that
-- the order's jobs carry on. What becomes of the order then, write_orders() tells.
--
-- The settings: sessions plan these statements once, often while the tables are still empty, when
-- walking them seems free; half a minute later it is not. So whatever is called from here looks
-- rows up by index, one by one (create_fulfillments after the first 700 orders: 18 ms -> < 1 ms),
-- and is not compiled first (jit), which those settings' costs would suggest.
--
-- P0VAL (DETAIL: all problems), P0INV (DETAIL: what is short), P0IDM, P0IDF.
create or replace function create_order(
  p_order jsonb,
  p_key text default null,
  p_request_hash bytea default null,
  p_traceparent text default null,
  p_tenant uuid default current_tenant_id()
)
returns table (
  order_id bigint,
  order_number text,
  order_status text,
  replayed boolean,
  response jsonb
)
language plpgsql volatile
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
#variable_conflict use_column
declare
  v_before jsonb;
  v_response jsonb;
  v_problems jsonb;
begin
  if p_key is not null then
    v_before := claim_idempotency_key(p_tenant, p_key, 'orders.create', p_request_hash);
  end if;
  if v_before is null then
    select w.response, w.problems into v_response, v_problems
    from write_orders(jsonb_build_array(p_order), array[p_key], array[p_request_hash],
      array[p_traceparent], array[1], p_tenant) as w;
    if v_problems is not null then
      raise exception 'the order is invalid: % %',
          v_problems->0->>'field', v_problems->0->>'message'
        using errcode = 'P0VAL', detail = v_problems::text;
    end if;
  end if;
  return query select (r->>'order_id')::bigint, r->>'order_number', r->>'order_status',
    v_before is not null, r
  from (values (coalesce(v_before, v_response))) as v (r);
end
$$;

comment on function create_order(jsonb, text, bytea, text, uuid) is
  'Places an order in one call: idempotent, checked, reserved, all or nothing. '
  'P0VAL, P0INV, P0IDM, P0IDF.';

-- Of the release before; insert_orders() took its place.
drop function if exists insert_order(jsonb, uuid);
