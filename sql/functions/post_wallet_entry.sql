-- Puts money into a customer's wallet (top_up) or corrects it by hand (correction, which may be
-- negative and needs a reason). With a key, posting twice is once.
-- P0NOF: no such customer; P0WAL; P0VAL; P0IDM. Locks: customer, wallet.
create or replace function post_wallet_entry(
  p_customer_code text,
  p_kind text,
  p_currency text,
  p_amount bigint,
  p_reason text,
  p_key text,
  p_actor text,
  p_tenant uuid default current_tenant_id()
)
returns table (
  wallet_entry_id bigint,
  balance bigint,
  replayed boolean
)
language plpgsql volatile
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_customer_id bigint;
  v_before wallet_entries;
begin
  select c.customer_id into v_customer_id
  from customers as c
  where c.tenant_id = p_tenant
    and c.customer_code = p_customer_code
  for no key update;
  if not found then
    raise exception 'there is no customer %', p_customer_code using errcode = 'P0NOF';
  end if;
  select * into v_before
  from wallet_entries as e
  where e.tenant_id = p_tenant
    and e.idempotency_key = p_key;
  if found then
    if (v_before.customer_id, v_before.kind, v_before.currency::text, v_before.amount)
      <> (v_customer_id, p_kind, p_currency, p_amount)
    then
      raise exception 'the idempotency key was used for another request' using errcode = 'P0IDM';
    end if;
    return query select v_before.wallet_entry_id, v_before.balance_after, true;
    return;
  end if;
  if p_kind not in ('top_up', 'correction') then
    perform refuse_field(
      p_field => 'kind', p_code => 'unknown_kind', p_message => 'must be top_up or correction');
  elsif p_kind = 'top_up' and p_amount <= 0 or p_amount = 0 then
    perform refuse_field('amount', 'out_of_range', 'must be more than 0');
  elsif p_kind = 'correction' and coalesce(p_reason, '') = '' then
    perform refuse_field('reason', 'required', 'is required: why is it corrected?');
  end if;
  return query
  insert into wallet_entries (
    tenant_id, customer_id, currency, kind, amount, reason, idempotency_key, actor)
  values (
    p_tenant, v_customer_id, p_currency, p_kind, p_amount, p_reason, p_key, p_actor)
  returning wallet_entries.wallet_entry_id, balance_after, false;
end
$$;

comment on function post_wallet_entry(text, text, text, bigint, text, text, text, uuid) is
  'Tops up or corrects a wallet, once per key; P0NOF, P0WAL, P0VAL, P0IDM.';
