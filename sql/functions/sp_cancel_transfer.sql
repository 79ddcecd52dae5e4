-- A transfer that has not left is given up. Twice is once. P0NOF, P0STT.
create or replace function sp_cancel_transfer(
  p_transfer_id bigint,
  p_tenant uuid default current_tenant_id()
)
returns void
language plpgsql volatile
as $$
begin
  perform lock_transfer(p_tenant, p_transfer_id);
  update stock_transfers
  set status = 'cancelled'
  where tenant_id = p_tenant
    and transfer_id = p_transfer_id
    and status <> 'cancelled';
end
$$;

comment on function sp_cancel_transfer(bigint, uuid) is
  'Gives up a transfer that has not left; twice is once. P0NOF, P0STT.';
