-- How order_sightings keep an address: as a hash that is another one in every shop.
create or replace function sighting_hash(p_tenant uuid, p_value text)
returns bytea
language sql immutable
parallel safe
return sha256(convert_to(p_tenant || ':' || p_value, 'UTF8'));

comment on function sighting_hash(uuid, text) is
  'How order_sightings keep an address: as a hash that is another one in every shop.';
