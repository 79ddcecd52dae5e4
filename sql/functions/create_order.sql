-- Places an order: idempotency record, checks against the catalogue, order, lines, reservations,
-- history, and the answer, in one call and one transaction. Either all of it happens or nothing.
--
-- p_order: as crates/model/src/orders/new_order.rs describes it. p_key, p_request_hash: the
-- client's Idempotency-Key and SHA-256 of its body, or nulls. p_traceparent: W3C trace context that
-- the order's jobs carry on.
--
-- Payment on delivery (cod) and on account are confirmed at once; every other order is pending
-- until sp_confirm_order(), and gives its stock back when orders.expires_at comes first.
--
-- The settings: sessions plan these statements once, often while the tables are still empty, when
-- walking them seems free; half a minute later it is not. So whatever is called from here looks
-- rows up by index, one by one (create_fulfillments after the first 700 orders: 18 ms -> < 1 ms).
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
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  c_endpoint constant text := 'orders.create';
  v_problems jsonb;
  v_order_id bigint;
  v_response jsonb;
begin
  if p_key is not null then
    v_response := claim_idempotency_key(p_tenant, p_key, c_endpoint, p_request_hash);
    if v_response is not null then
      return query select (v_response->>'order_id')::bigint, v_response->>'order_number',
        v_response->>'order_status', true, v_response;
      return;
    end if;
  end if;

  v_problems := order_problems(p_order, p_tenant);
  if v_problems <> '[]' then
    raise exception 'the order is invalid: % %',
        v_problems->0->>'field', v_problems->0->>'message'
      using errcode = 'P0VAL', detail = v_problems::text;
  end if;
  if p_traceparent is not null then
    perform set_config('stevedore.traceparent', p_traceparent, true);
  end if;

  v_order_id := insert_order(p_order, p_tenant);
  if p_order->>'payment_method' in ('cod', 'account') then
    update orders
    set order_status = 'confirmed'
    where tenant_id = p_tenant
      and order_id = v_order_id;
  end if;

  v_response := order_summary(p_tenant, v_order_id) || jsonb_build_object('warnings',
    case when p_order->'customer'->>'email' is null
      then jsonb_build_array(jsonb_build_object('field', 'customer.email', 'code', 'no_email',
        'message', 'without a mail address the customer gets no notices'))
      else '[]' end);
  if p_key is not null then
    insert into idempotency_keys (
      tenant_id, idempotency_key, endpoint, request_hash, order_id, response)
    values (p_tenant, p_key, c_endpoint, p_request_hash, v_order_id, v_response);
  end if;
  return query select v_order_id, v_response->>'order_number', v_response->>'order_status',
    false, v_response;
end
$$;

comment on function create_order(jsonb, text, bytea, text, uuid) is
  'Places an order in one call: idempotent, checked, reserved, all or nothing. '
  'P0VAL, P0INV, P0IDM, P0IDF.';
