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
-- First all are tried in one go. If one of them can't be placed (P0INV, say) nothing of that is
-- kept, and each is placed by itself, in order: the first come is the first served.
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
  v_claimed integer[] := '{}';
  v_place integer;
  v_message text;
  v_detail text;
begin
  for place, replayed, response, error_code, error_message in
    select c.place, c.response is not null, c.response, c.error_code, c.error_message
    from claim_idempotency_keys(p_tenant, p_keys, 'orders.create', p_request_hashes) as c
  loop
    v_claimed := v_claimed || place;
    return next;
  end loop;
  select array_agg(n order by n) into v_places
  from generate_series(1, jsonb_array_length(p_orders)) as n
  where n <> all (v_claimed);
  if v_places is null then
    return;
  end if;

  -- One alone is placed by itself at once, below.
  if cardinality(v_places) > 1 then
    begin
      return query
        select v_places[w.place], false, w.response,
          case when w.problems is not null then 'P0VAL' end,
          case when w.problems is not null then 'the order is invalid' end,
          w.problems::text
        from write_orders(
          (select jsonb_agg(p_orders->(n - 1) order by n) from unnest(v_places) as n),
          (select array_agg(p_keys[n] order by n) from unnest(v_places) as n),
          (select array_agg(p_request_hashes[n] order by n) from unnest(v_places) as n),
          (select array_agg(p_traceparents[n] order by n) from unnest(v_places) as n),
          p_tenant) as w;
      return;
    exception
      when others then
        if sqlstate !~ '^P0[A-Z]{3}$' then
          raise;
        end if;
    end;
  end if;

  foreach v_place in array v_places loop
    begin
      return query
        select v_place, false, w.response,
          case when w.problems is not null then 'P0VAL' end,
          case when w.problems is not null then 'the order is invalid' end,
          w.problems::text
        from write_orders(jsonb_build_array(p_orders->(v_place - 1)), p_keys[v_place:v_place],
          p_request_hashes[v_place:v_place], p_traceparents[v_place:v_place], p_tenant) as w;
    exception
      when others then
        if sqlstate !~ '^P0[A-Z]{3}$' then
          raise;
        end if;
        get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
        return query select v_place, false, null::jsonb, sqlstate, v_message, v_detail;
    end;
  end loop;
end
$$;

comment on function place_orders(jsonb, text[], bytea[], text[], uuid) is
  'Places many orders of a shop at once, each by itself; refusals are rows, not errors.';
