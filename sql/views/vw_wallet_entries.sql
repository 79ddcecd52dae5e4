-- Every change of a wallet.
-- For lists that people page through: list_rows() reads it by customer and key.
create or replace view vw_wallet_entries
with (security_invoker = true) as
select
  e.tenant_id,
  e.wallet_entry_id,
  e.customer_id,
  e.kind,
  e.currency,
  e.amount,
  e.balance_after,
  e.order_id,
  e.refund_id,
  e.reason,
  e.actor,
  e.created_at
from wallet_entries as e;

comment on view vw_wallet_entries is 'Every change of a wallet.';
comment on column vw_wallet_entries.tenant_id is 'The shop.';
comment on column vw_wallet_entries.wallet_entry_id is
  'Its key; grows in the order of the entries.';
comment on column vw_wallet_entries.customer_id is 'Key of whose wallet it is.';
comment on column vw_wallet_entries.kind is 'top_up, payment, refund or correction.';
comment on column vw_wallet_entries.currency is 'Of its amounts.';
comment on column vw_wallet_entries.amount is 'Minor units; negative: taken out.';
comment on column vw_wallet_entries.balance_after is 'The balance with it.';
comment on column vw_wallet_entries.order_id is 'The order that it paid for or is given back for.';
comment on column vw_wallet_entries.refund_id is 'The refund that it is.';
comment on column vw_wallet_entries.reason is 'Why.';
comment on column vw_wallet_entries.actor is 'Who did it.';
comment on column vw_wallet_entries.created_at is 'When.';
