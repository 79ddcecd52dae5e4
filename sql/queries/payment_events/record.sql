-- What a provider says of a payment, once. Parameters as of record_payment_event(), $13 tenant.
-- Locks: order, levels, payment, refunds.
select payment_id as "payment_id!", outcome as "outcome!"
from record_payment_event(
  p_provider => $1,
  p_event_id => $2,
  p_type => $3,
  p_occurred_at => $4,
  p_order_id => $5,
  p_payment_ref => $6,
  p_session_ref => $7,
  p_amount => $8,
  p_currency => $9,
  p_reference => $10,
  p_refund_id => $11,
  p_details => $12,
  p_tenant => $13
)
