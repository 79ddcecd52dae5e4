-- The provider took a fulfilment and named its parcels, all or some of them: it is accepted, and
-- each parcel is a shipment, once, by the provider's own name of it. A tracking number that comes
-- later is added. A parcel that left is in transit, which takes the fulfilment along.
-- p_is_all: there will be no other, so the job has no more to ask.
-- p_shipments: [{provider_shipment_id, carrier, service, tracking_number, tracking_url, left_at}].
-- Answers how many parcels were news. P0NOF, P0STT; 23505 if a number is of another parcel.
create or replace function sp_record_shipments(
  p_fulfillment_id bigint,
  p_provider_order_id text,
  p_shipments jsonb,
  p_is_all boolean,
  p_actor text default 'worker',
  p_tenant uuid default current_tenant_id()
)
returns integer
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_fulfillment constant fulfillments := lock_fulfillment(p_tenant, p_fulfillment_id);
  v_news integer;
begin
  -- The carrier may have been faster: what has arrived is not accepted any more.
  if v_fulfillment.status in ('submitted', 'accepted') then
    perform sp_accept_fulfillment(p_fulfillment_id, p_provider_order_id, p_actor, p_tenant);
  elsif v_fulfillment.status not in ('shipped', 'on_hold') then
    return 0;
  end if;
  perform act_as(p_actor, null);
  update fulfillments
  set handed_over_at = clock_now()
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id
    and handed_over_at is null
    and p_is_all;
  update shipments as s
  set
    tracking_number = coalesce(s.tracking_number, n.tracking_number),
    tracking_url = coalesce(n.tracking_url, s.tracking_url)
  from jsonb_to_recordset(p_shipments) as n (
    provider_shipment_id text, tracking_number text, tracking_url text)
  where s.tenant_id = p_tenant
    and s.fulfillment_id = p_fulfillment_id
    and s.provider_shipment_id = n.provider_shipment_id
    and (s.tracking_number is null and n.tracking_number is not null
      or n.tracking_url is distinct from s.tracking_url and n.tracking_url is not null);

  with news as (
    insert into shipments (
      tenant_id, order_id, fulfillment_id, carrier_code, service, tracking_number, tracking_url,
      provider_shipment_id)
    select p_tenant, v_fulfillment.order_id, p_fulfillment_id, n.carrier, n.service,
      n.tracking_number, n.tracking_url, n.provider_shipment_id
    from jsonb_to_recordset(p_shipments) as n (
      provider_shipment_id text, carrier text, service text, tracking_number text,
      tracking_url text)
    on conflict (tenant_id, fulfillment_id, provider_shipment_id)
      where provider_shipment_id is not null
      do nothing
    returning shipment_id, carrier_code, tracking_number
  ),
  logged as materialized (
    select log_order(p_tenant, v_fulfillment.order_id, 'ship', jsonb_build_object(
      'shipment_id', shipment_id, 'carrier', carrier_code, 'tracking_number', tracking_number))
    from news
  )
  select count(*) into v_news
  from logged;

  insert into tracking_events (
    tenant_id, order_id, shipment_id, source, status, description, occurred_at)
  select p_tenant, s.order_id, s.shipment_id, 'provider', 'in_transit', 'left the provider',
    n.left_at
  from jsonb_to_recordset(p_shipments) as n (provider_shipment_id text, left_at timestamptz)
  join shipments as s
    on s.tenant_id = p_tenant
    and s.fulfillment_id = p_fulfillment_id
    and s.provider_shipment_id = n.provider_shipment_id
  where n.left_at is not null
  on conflict do nothing;
  perform act_as(null, null);
  return v_news;
end
$$;

comment on function sp_record_shipments(bigint, text, jsonb, boolean, text, uuid) is
  'A provider named parcels of a fulfilment: it is accepted, each parcel a shipment, once. '
  'P0NOF, P0STT.';
