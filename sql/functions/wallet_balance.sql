-- What a customer has in a currency; 0 without a wallet.
create or replace function wallet_balance(p_tenant uuid, p_customer_id bigint, p_currency text)
returns bigint
language plpgsql stable
as $$
begin
  return coalesce((
    select balance
    from wallets
    where tenant_id = p_tenant
      and customer_id = p_customer_id
      and currency = p_currency), 0);
end
$$;

comment on function wallet_balance(uuid, bigint, text) is
  'What a customer has in a currency; 0 without a wallet.';
