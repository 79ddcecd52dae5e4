-- Gives an endpoint a new secret and answers it: the only time that it is shown. The old one signs,
-- too, for as long as p_overlap says, so that the app can change over. P0NOF.
create or replace function sp_rotate_webhook_secret(
  p_endpoint_id bigint,
  p_overlap interval default '24 hours',
  p_tenant uuid default current_tenant_id()
)
returns text
language plpgsql volatile
as $$
declare
  v_secret text;
begin
  update webhook_endpoints
  set
    previous_secret = case when p_overlap > '0' then secret end,
    previous_secret_until = case when p_overlap > '0' then clock_now() + p_overlap end,
    secret = new_webhook_secret(),
    updated_at = clock_now()
  where tenant_id = p_tenant
    and endpoint_id = p_endpoint_id
    and state <> 'deleted'
  returning secret into v_secret;
  if not found then
    raise exception 'there is no endpoint %', p_endpoint_id using errcode = 'P0NOF';
  end if;
  return v_secret;
end
$$;

comment on function sp_rotate_webhook_secret(bigint, interval, uuid) is
  'Gives an endpoint a new secret; the old one signs, too, for a while. P0NOF.';
