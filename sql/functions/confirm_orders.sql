-- What follows when orders are confirmed: their stock is committed (P0EXP if it lapsed), providers
-- are asked for what nobody was asked for yet, what was held goes on, and the customer hears once.
create or replace function confirm_orders(
  p_tenant uuid, p_order_ids bigint[], p_resumed_ids bigint[]
)
returns void
language plpgsql volatile
as $$
begin
  perform commit_stock(p_tenant, p_order_ids);
  if p_resumed_ids is not null then
    perform reopen_fulfillments(p_tenant, p_resumed_ids);
  end if;
  perform create_fulfillments(p_tenant, p_order_ids);
  perform notify_orders(p_tenant, p_order_ids, 'order_confirmed');
  -- A resumed order may have been further than confirmed.
  perform advance_order(p_tenant, order_id)
  from unnest(p_resumed_ids) as order_id;
end
$$;

comment on function confirm_orders(uuid, bigint[], bigint[]) is
  'What follows when orders are confirmed; called by trg_orders_effects.';
