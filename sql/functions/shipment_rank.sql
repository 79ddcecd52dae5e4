-- How far a parcel in a state has come. States of one rank may alternate; the rank never falls.
-- Null for states that say nothing of the way: exception, cancelled.
create or replace function shipment_rank(p_status text)
returns smallint
language sql immutable
parallel safe
return case p_status
  when 'pending' then 0
  when 'info_received' then 10
  when 'in_transit' then 30
  when 'out_for_delivery' then 50
  when 'attempt_failed' then 50
  when 'available_for_pickup' then 50
  when 'expired' then 80
  when 'delivered' then 90
  when 'returned' then 95
end;

comment on function shipment_rank(text) is
  'How far a parcel in a state has come; null for exception and cancelled.';
