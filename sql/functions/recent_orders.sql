-- How many orders were seen with an address in the last minutes, this one included.
create or replace function recent_orders(
  p_tenant uuid, p_kind text, p_value text, p_minutes integer
)
returns bigint
language plpgsql stable
as $$
begin
  return (
    select count(*)
    from order_sightings
    where tenant_id = p_tenant
      and kind = p_kind
      and value_hash = sighting_hash(p_tenant, p_value)
      and seen_at > clock_now() - make_interval(mins => p_minutes));
end
$$;

comment on function recent_orders(uuid, text, text, integer) is
  'How many orders were seen with an address in the last minutes.';
