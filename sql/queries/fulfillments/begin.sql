-- $1 fulfilment, $2 tenant. No row: nothing to do any more. Locks: the order, the fulfilment.
select
  order_id as "order_id!",
  order_number as "order_number!",
  provider_code as "provider_code!",
  reference as "reference!",
  provider_order_id,
  attempt as "attempt!",
  resumed as "resumed!",
  extract(epoch from clock_now() - last_submitted_at)::double precision as last_submitted_seconds,
  customer_name as "customer_name!",
  customer_email,
  customer_phone,
  shipping_address,
  lines as "lines!: Json<Vec<WorkLine>>",
  failures as "failures!",
  look_only as "look_only!",
  fulfillment_parcel($2, $1) as "parcel!: Json<WorkParcel>",
  (select service from fulfillments where tenant_id = $2 and fulfillment_id = $1) as service,
  (select account from fulfillments where tenant_id = $2 and fulfillment_id = $1) as "account!"
from sp_begin_fulfillment($1, $2)
