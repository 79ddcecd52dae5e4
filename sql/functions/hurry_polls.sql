-- A carrier says that something happened to some of these parcels, and not what: those of ours are
-- asked for now, and not when they would have been. Answers how many it named of ours, and how many
-- of these are followed still. What a worker asks for right now is asked for again, since that
-- answer may be of before. Raises 55P03 in the moment in which an answer is written down; then
-- the caller comes again.
-- Locks: their rows of tracking_schedule, waiting for none. Index: shipments_tracking_number_key.
create or replace function hurry_polls(
  p_carrier_code text,
  p_tracking_numbers text[],
  p_tenant uuid default current_tenant_id()
)
returns table (
  parcels integer,
  hurried integer
)
language plpgsql volatile
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_shipment_ids bigint[];
begin
  select array_agg(s.shipment_id) into v_shipment_ids
  from shipments as s
  where s.tenant_id = p_tenant
    and s.carrier_code = p_carrier_code
    and s.tracking_number = any (p_tracking_numbers);
  parcels := coalesce(cardinality(v_shipment_ids), 0);
  perform
  from tracking_schedule as t
  where t.tenant_id = p_tenant
    and t.shipment_id = any (v_shipment_ids)
  for no key update nowait;
  update tracking_schedule as t
  set next_poll_at = least(t.next_poll_at, clock_now())
  where t.tenant_id = p_tenant
    and t.shipment_id = any (v_shipment_ids);
  get diagnostics hurried = row_count;
  return next;
end
$$;

comment on function hurry_polls(text, text[], uuid) is
  'A carrier tells of parcels, and not what: those of ours are asked for now. Answers how many.';
