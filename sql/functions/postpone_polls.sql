-- The carrier could not be asked about these parcels: they are due again after p_wait and, the
-- more often that happens, up to an hour later. p_polls: [{tenant_id, shipment_id}].
create or replace function postpone_polls(p_polls jsonb, p_wait_seconds double precision)
returns void
language sql volatile
as $$
  update tracking_schedule as t
  set
    next_poll_at = clock_now() + p_wait_seconds * interval '1 second'
      + least(60, 2 ^ least(t.failures, 6)) * interval '1 minute',
    failures = t.failures + 1
  from jsonb_to_recordset(p_polls) as p (tenant_id uuid, shipment_id bigint)
  where t.tenant_id = p.tenant_id
    and t.shipment_id = p.shipment_id
$$;

comment on function postpone_polls(jsonb, double precision) is
  'The carrier could not be asked about these parcels; they are due again later.';
