-- $1 provider, $2 account, $3 calls wanted. Index: provider_gates_pkey.
select
  permits as "permits!",
  wait_ms as "wait_ms!",
  per_second,
  is_probe as "is_probe!",
  is_troubled as "is_troubled!"
from enter_provider($1, $2, $3)
