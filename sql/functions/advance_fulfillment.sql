-- Moves a fulfilment forward to a state that its shipments prove, step by legal step. One that is
-- held, failed or over stays as it is: a person has to look. The caller holds the order row.
create or replace function advance_fulfillment(
  p_tenant uuid, p_fulfillment_id bigint, p_target text
)
returns void
language plpgsql volatile
as $$
declare
  v_status text;
begin
  select status into v_status
  from fulfillments
  where tenant_id = p_tenant
    and fulfillment_id = p_fulfillment_id
  for no key update;
  while v_status <> p_target loop
    v_status := case v_status
      when 'pending' then 'picking'
      when 'picking' then 'packed'
      when 'packed' then 'shipped'
      when 'submitted' then 'accepted'
      when 'accepted' then 'shipped'
      when 'shipped' then nullif(p_target, 'shipped')
    end;
    exit when v_status is null;
    update fulfillments
    set
      status = v_status,
      lookup_first = false
    where tenant_id = p_tenant
      and fulfillment_id = p_fulfillment_id;
  end loop;
end
$$;

comment on function advance_fulfillment(uuid, bigint, text) is
  'Moves a fulfilment forward to shipped, delivered or returned, step by legal step.';
