-- An attempt at a refund did not end it: the provider has it and is not done
-- (p_provider_refund_id), or the attempt failed (p_message) and another follows. With
-- p_lookup_first the provider may have it. Answers false, and does nothing, when another attempt
-- began meanwhile. Locks: order, refund.
create or replace function sp_await_refund(
  p_refund_id bigint,
  p_attempt integer,
  p_provider_refund_id text,
  p_message text,
  p_lookup_first boolean,
  p_tenant uuid default current_tenant_id()
)
returns boolean
language plpgsql volatile
as $$
begin
  perform lock_order(p_tenant, order_id)
  from refunds
  where tenant_id = p_tenant
    and refund_id = p_refund_id;
  update refunds
  set
    provider_refund_id = coalesce(p_provider_refund_id, provider_refund_id),
    failures = failures + (p_message is not null)::integer,
    failure_message = p_message,
    lookup_first = p_lookup_first,
    updated_at = clock_now()
  where tenant_id = p_tenant
    and refund_id = p_refund_id
    and attempt = p_attempt;
  return found;
end
$$;

comment on function sp_await_refund(bigint, integer, text, text, boolean, uuid) is
  'An attempt at a refund ended without ending it; false: another attempt began meanwhile.';
