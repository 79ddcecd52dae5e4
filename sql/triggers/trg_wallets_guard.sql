-- Wallets start empty and follow their entries; nobody else writes them.
create or replace function trg_wallets_guard()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    if new.balance = 0 then
      return new;
    end if;
  elsif pg_trigger_depth() >= 2
    and (new.tenant_id, new.customer_id, new.currency)
      = (old.tenant_id, old.customer_id, old.currency)
  then
    return new;
  end if;
  raise exception 'a wallet is written only through wallet_entries' using errcode = '42501';
end
$$;

comment on function trg_wallets_guard() is 'Refuses writers other than wallet_entries (42501).';

create or replace trigger trg_wallets_guard
before insert or update on wallets
for each row execute function trg_wallets_guard();

create or replace trigger trg_wallets_delete
before delete or truncate on wallets
for each statement execute function trg_refuse_change();
