-- Takes the parcels of a carrier that are due longest, at most p_limit, for the one who asks: for
-- five minutes nobody else gets them, and then only if no answer was recorded.
-- Locks: their rows of tracking_schedule for a moment, skipping what others hold.
-- Index: tracking_schedule_due_idx.
create or replace function claim_polls(p_carrier_code text, p_limit integer)
returns table (
  tenant_id uuid,
  shipment_id bigint,
  tracking_number text
)
language plpgsql volatile
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  return query
  with due as materialized (
    select t.tenant_id, t.shipment_id
    from tracking_schedule as t
    where t.carrier_code = p_carrier_code
      and t.next_poll_at <= clock_now()
    order by t.next_poll_at
    limit p_limit
    for update skip locked
  )
  update tracking_schedule as t
  set next_poll_at = clock_now() + interval '5 minutes'
  from due
  where t.tenant_id = due.tenant_id
    and t.shipment_id = due.shipment_id
  returning t.tenant_id, t.shipment_id, t.tracking_number;
end
$$;

comment on function claim_polls(text, integer) is
  'Takes parcels that are due to be asked for, for one caller alone.';
