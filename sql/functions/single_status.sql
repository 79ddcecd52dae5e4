-- The one status of an order that earlier systems knew, out of its two: paid is confirmed and paid,
-- refunded is closed with its money given back, and parts count as the whole.
create or replace function single_status(p_order_status text, p_payment_status text)
returns text
language sql immutable
parallel safe
return case
  when p_order_status in ('cancelled', 'expired', 'returned') and p_payment_status = 'refunded'
    then 'refunded'
  when p_order_status = 'confirmed' and p_payment_status = 'paid' then 'paid'
  when p_order_status = 'draft' then 'pending'
  when p_order_status = 'expired' then 'cancelled'
  when p_order_status in ('partially_shipped', 'partially_delivered') then 'shipped'
  when p_order_status = 'completed' then 'delivered'
  when p_order_status = 'partially_returned' then 'returned'
  else p_order_status
end;

comment on function single_status(text, text) is
  'The one status of an order that earlier systems knew, out of order and payment status.';
