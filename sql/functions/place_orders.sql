-- Places many orders at once, each by itself: an order that is refused leaves nothing and does not
-- keep the others from being placed. For one shop; one transaction, few statements. This is how
-- bulk requests are placed, and how the API writes orders that come at the same moment.
--
-- p_orders: a JSON array of what create_order() takes; keys, hashes and trace contexts stand beside
-- it, one for each order or null. No key may come twice. An order whose key is in flight elsewhere
-- is not waited for (P0IDF).
--
-- Answers a row for each order: place (from 1); its answer, and whether it was given before; or why
-- it was refused, with SQLSTATE, message and detail of create_order().
--
-- All are written in one go, so that their locks are taken in the total order. What is invalid, or
-- asks for more than there is, is left out. Should it fail all the same (two want the last unit, a
-- promotion is used up) that error is raised, nothing is written, and the caller places each in a
-- transaction of its own: one after the other in this one could deadlock.
create or replace function place_orders(
  p_orders jsonb,
  p_keys text[],
  p_request_hashes bytea[],
  p_traceparents text[],
  p_tenant uuid default current_tenant_id()
)
returns table (
  place integer,
  replayed boolean,
  response jsonb,
  error_code text,
  error_message text,
  error_detail text
)
language plpgsql volatile
-- Why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
#variable_conflict use_column
declare
  v_places integer[];
  v_done integer[] := '{}';
  v_message text;
  v_detail text;
begin
  for place, replayed, response, error_code, error_message in
    select c.place, c.response is not null, c.response, c.error_code, c.error_message
    from claim_idempotency_keys(p_tenant, p_keys, 'orders.create', p_request_hashes) as c
  loop
    v_done := v_done || place;
    return next;
  end loop;

  for v_try in 1..2 loop
    select array_agg(n order by n) into v_places
    from generate_series(1, jsonb_array_length(p_orders)) as n
    where n <> all (v_done);
    if v_places is null then
      return;
    end if;
    begin
      return query
        select w.place, false, w.response,
          case when w.problems is not null then 'P0VAL' end,
          case when w.problems is not null then 'the order is invalid' end,
          w.problems::text
        from write_orders(
          p_orders, p_keys, p_request_hashes, p_traceparents, v_places, p_tenant) as w;
      return;
    exception
      when others then
        get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
        if sqlstate !~ '^P0[A-Z]{3}$' then
          raise;
        elsif cardinality(v_places) = 1 then
          return query select v_places[1], false, null::jsonb, sqlstate, v_message, v_detail;
          return;
        elsif sqlstate <> 'P0INV' or v_try = 2 then
          raise;
        end if;
    end;

    replayed := false;
    response := null;
    error_code := 'P0INV';
    for place, error_message, error_detail in
      select v_places[s.place], format('not enough stock of %s', s.shortages->0->>'sku'),
        s.shortages::text
      from orders_short_of_stock(
        (select jsonb_agg(p_orders->(n - 1) order by n) from unnest(v_places) as n), p_tenant) as s
    loop
      v_done := v_done || place;
      return next;
    end loop;
  end loop;
end
$$;

comment on function place_orders(jsonb, text[], bytea[], text[], uuid) is
  'Places many orders of a shop at once, each by itself; refusals are rows, not errors.';
