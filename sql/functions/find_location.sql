-- The key of a location by its code; P0NOF.
create or replace function find_location(p_tenant uuid, p_code text)
returns bigint
language plpgsql stable
as $$
declare
  v_location bigint;
begin
  select location_id into v_location
  from locations
  where tenant_id = p_tenant
    and code = p_code;
  if not found then
    raise exception 'there is no location %', p_code using errcode = 'P0NOF';
  end if;
  return v_location;
end
$$;

comment on function find_location(uuid, text) is 'The key of a location by its code; P0NOF.';
