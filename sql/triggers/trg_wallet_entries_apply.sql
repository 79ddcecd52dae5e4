-- The ledger moves the wallet, and never below nothing: the row's own update is the check, so two
-- buyers with one wallet wait for each other instead of both reading what only one may spend.
-- P0WAL: DETAIL {currency, requested, available}.
create or replace function trg_wallet_entries_apply()
returns trigger
language plpgsql
as $$
begin
  if new.amount > 0 then
    insert into wallets (tenant_id, customer_id, currency)
    values (new.tenant_id, new.customer_id, new.currency)
    on conflict do nothing;
  end if;
  update wallets
  set balance = balance + new.amount, updated_at = clock_now()
  where tenant_id = new.tenant_id
    and customer_id = new.customer_id
    and currency = new.currency
    and balance + new.amount >= 0
  returning balance into new.balance_after;
  if not found then
    perform refuse_wallet(
      new.currency, -new.amount, wallet_balance(new.tenant_id, new.customer_id, new.currency));
  end if;
  return new;
end
$$;

comment on function trg_wallet_entries_apply() is
  'Applies a new entry to its wallet, or refuses it (P0WAL).';

create or replace trigger trg_wallet_entries_apply
before insert on wallet_entries
for each row execute function trg_wallet_entries_apply();

create or replace trigger trg_wallet_entries_append_only
before update or delete or truncate on wallet_entries
for each statement execute function trg_refuse_change();
