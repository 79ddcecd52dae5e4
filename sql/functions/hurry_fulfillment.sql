-- A provider says that something happened to the order that it has under our reference: the
-- fulfilment's job asks it now, and not when it would have. Answers the job's state: waiting is
-- over (ready), running (it may have asked just before), ended (nobody waits for an answer); null
-- when the provider has nothing of ours under this reference. Locks: the job.
create or replace function hurry_fulfillment(
  p_provider text,
  p_reference uuid,
  p_tenant uuid default current_tenant_id()
)
returns text
language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_fulfillment_id bigint;
begin
  select fulfillment_id into v_fulfillment_id
  from fulfillments
  where reference = p_reference
    and tenant_id = p_tenant
    and provider_code = p_provider;
  if not found then
    return null;
  end if;
  perform hurry_fulfillments(array[v_fulfillment_id]);
  return coalesce((
    select case when j.state = 'running' then 'running' else 'ready' end
    from queue.jobs as j
    where j.unique_held
      and j.unique_key = 'fulfil_order:' || v_fulfillment_id), 'ended');
end
$$;

comment on function hurry_fulfillment(text, uuid, uuid) is
  'A provider tells of its order: our job asks it now. Answers ready, running, ended or null.';
