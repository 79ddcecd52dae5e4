-- Tops up or corrects a wallet: $1 customer code, $2 kind, $3 currency, $4 amount, $5 reason or
-- null, $6 Idempotency-Key or null, $7 actor, $8 tenant. Locks: customers, wallets.
select
  wallet_entry_id as "wallet_entry_id!",
  balance as "balance!",
  replayed as "replayed!"
from post_wallet_entry($1, $2, $3, $4, $5, $6, $7, $8)
