-- Places orders whose keys are claimed: checks, rows, reservations, history, and the answers, for
-- all of them in one go. What is invalid is told and left out; whatever else stands in the way of
-- one of them is raised, and then none is written.
--
-- Payment on delivery (cod) and on account are confirmed at once, unless the fraud rules hold them;
-- every other order is pending until it is paid or sp_confirm_order() says so, and gives its stock
-- back when orders.expires_at comes first.
--
-- p_places: which of p_orders (from 1). Answers a row for each: its place, and the answer or the
-- problems.
-- Raises P0INV (DETAIL: what is short).
create or replace function write_orders(
  p_orders jsonb,
  p_keys text[],
  p_request_hashes bytea[],
  p_traceparents text[],
  p_places integer[],
  p_tenant uuid
)
returns table (
  place integer,
  response jsonb,
  problems jsonb
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_places integer[] := p_places;
  v_invalid_places integer[];
  v_problems jsonb[];
  v_order_ids bigint[];
  v_confirmed_ids bigint[];
begin
  select array_agg(p.place), array_agg(p.problems) into v_invalid_places, v_problems
  from orders_problems(p_orders, p_tenant) as p
  where p.place = any (p_places);
  if v_invalid_places is not null then
    return query
      select i.place, null::jsonb, i.problems
      from unnest(v_invalid_places, v_problems) as i (place, problems);
    v_places := array(
      select n from unnest(p_places) as n where n <> all (v_invalid_places) order by n);
    if v_places = '{}' then
      return;
    end if;
  end if;

  v_order_ids := insert_orders(p_orders, v_places, p_traceparents, p_tenant);
  select array_agg(w.order_id order by w.order_id) into v_confirmed_ids
  from unnest(v_order_ids, v_places) as w (order_id, place)
  where p_orders->(w.place - 1)->>'payment_method' in ('cod', 'account');
  if v_confirmed_ids is not null then
    v_confirmed_ids := screen_orders(p_tenant, v_confirmed_ids);
    update orders
    set order_status = 'confirmed'
    where tenant_id = p_tenant
      and order_id = any (v_confirmed_ids);
  end if;

  return query
    with answers as materialized (
      select
        w.place,
        s.order_id,
        s.summary || jsonb_build_object('warnings',
          case when p_orders->(w.place - 1)->'customer'->>'email' is null
            then jsonb_build_array(jsonb_build_object('field', 'customer.email',
              'code', 'no_email',
              'message', 'without a mail address the customer gets no notices'))
            else '[]' end) as response
      from unnest(v_order_ids, v_places) as w (order_id, place)
      join order_summaries(p_tenant, v_order_ids) as s using (order_id)
    ),
    kept as (
      insert into idempotency_keys (
        tenant_id, idempotency_key, endpoint, request_hash, order_id, response)
      select p_tenant, p_keys[a.place], 'orders.create', p_request_hashes[a.place], a.order_id,
        a.response
      from answers as a
      where p_keys[a.place] is not null
    )
    select a.place, a.response, null::jsonb
    from answers as a;
end
$$;

comment on function write_orders(jsonb, text[], bytea[], text[], integer[], uuid) is
  'Places orders whose keys are claimed, all in one go; internal to create_order, place_orders.';

-- Of the release before; it was given the orders of these places alone.
drop function if exists write_orders(jsonb, text[], bytea[], text[], uuid);
