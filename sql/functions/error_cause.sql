-- The cause_key of the ticket for an error of an order: the same for all orders, so that a provider
-- that is down makes one ticket, not one an order.
create or replace function error_cause(p_category text, p_stage text, p_code text)
returns text
language sql immutable
parallel safe
return left(concat_ws(':', 'order_error', p_category, p_stage, p_code), 300);

comment on function error_cause(text, text, text) is
  'The cause_key of the ticket for an error of an order.';
