-- $1 fulfilment, $2 carrier, $3 service, $4 tenant. No row: nothing to buy any more.
-- Locks: the order, the fulfilment.
select
  shipping_label_id as "shipping_label_id!",
  reference as "reference!",
  carrier_code as "carrier_code!",
  service as "service!",
  extract(epoch from clock_now() - last_submitted_at)::double precision as last_submitted_seconds
from sp_begin_label($1, $2, $3, $4)
