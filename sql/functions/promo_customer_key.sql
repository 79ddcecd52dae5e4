-- Whom the use of a promotion counts for: the known customer, else the mail address, else the phone
-- that the guest gave; null when nothing is known.
create or replace function promo_customer_key(
  p_customer_id bigint, p_email text, p_phone text
)
returns text
language sql immutable
parallel safe
return coalesce(
  'customer:' || p_customer_id, 'email:' || lower(btrim(p_email)), 'phone:' || p_phone);

comment on function promo_customer_key(bigint, text, text) is
  'Whom the use of a promotion counts for, or null when nothing is known.';
