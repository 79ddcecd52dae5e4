-- Takes back what no provider has yet of these lines of an order: their fulfilments that did not
-- begin are cancelled with their jobs, so that create_fulfillments() may ask anew for what is still
-- wanted. The caller holds the order's row.
create or replace function withdraw_fulfillments(
  p_tenant uuid, p_order_id bigint, p_order_item_ids bigint[]
)
returns void
language plpgsql volatile
as $$
declare
  v_fulfillment_id bigint;
begin
  for v_fulfillment_id in
    with ended as (
      update fulfillments
      set status = 'cancelled'
      where tenant_id = p_tenant
        and order_id = p_order_id
        and status in ('pending', 'on_hold', 'rejected', 'failed')
        and not lookup_first
        and fulfillment_id in (
          select fi.fulfillment_id
          from fulfillment_items as fi
          where fi.tenant_id = p_tenant
            and fi.order_id = p_order_id
            and fi.order_item_id = any (p_order_item_ids))
      returning fulfillment_id, provider_code
    )
    select fulfillment_id
    from ended
    where provider_code not in ('manual', 'warehouse')
    order by fulfillment_id
  loop
    perform queue.cancel_by_unique_key('fulfil_order:' || v_fulfillment_id);
  end loop;
end
$$;

comment on function withdraw_fulfillments(uuid, bigint, bigint[]) is
  'Cancels the fulfilments of lines that did not begin, with their jobs.';
