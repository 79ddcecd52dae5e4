-- Whether a payment can be given back by asking an outside system: its refund is a job. Others are
-- given back by the shop's own ledger (wallet) or by hand (cash, bank transfer).
create or replace function is_payment_gateway(p_provider text)
returns boolean
language sql immutable
parallel safe
return p_provider in ('stripe', 'razorpay');

comment on function is_payment_gateway(text) is
  'Whether refunds of this provider''s payments are asked for over its API, by a job.';
