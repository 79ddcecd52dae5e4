-- The threshold of new stock items of a shop: its setting, else 10.
create or replace function default_low_stock_threshold(p_tenant uuid default current_tenant_id())
returns integer
language plpgsql stable
as $$
begin
  return coalesce(
    (select s.low_stock_threshold from stock_settings as s where s.tenant_id = p_tenant), 10);
end
$$;

comment on function default_low_stock_threshold(uuid) is
  'The threshold of new stock items: the shop''s setting, else 10.';
