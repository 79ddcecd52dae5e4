-- The known customers of orders that are being placed: new ones get a row, and what an order says
-- of one is what holds from now on. An order names its customer by the shop's own id (customer.id);
-- guests have none and leave no row. Rows that say the same already are not touched, so that two
-- orders of one customer do not wait for each other.
-- p_places: which of p_orders (from 1); what the others say was refused, or written long ago.
-- Locks: the customers that changed, in the order of their codes.
create or replace function keep_customers(p_orders jsonb, p_places integer[], p_tenant uuid)
returns void
language plpgsql volatile
as $$
begin
  insert into customers as c (tenant_id, customer_code, name, email, phone, locale)
  select p_tenant, a.customer_code, a.name, a.email, a.phone, a.locale
  from (
    -- Two orders of one customer in one call: the later one is right, where it says something.
    select
      o->'customer'->>'id' as customer_code,
      (array_agg(o->'customer'->>'name' order by n desc))[1] as name,
      (array_agg(o->'customer'->>'email' order by n desc)
        filter (where o->'customer'->>'email' is not null))[1] as email,
      (array_agg(o->'customer'->>'phone' order by n desc)
        filter (where o->'customer'->>'phone' is not null))[1] as phone,
      (array_agg(coalesce(o->>'locale', 'en') order by n desc))[1] as locale
    from unnest(p_places) as placed (n)
    cross join lateral (select p_orders->(n - 1) as o) as e
    where o->'customer'->>'id' is not null
    group by o->'customer'->>'id'
  ) as a
  where not exists (
    select
    from customers as k
    where k.tenant_id = p_tenant
      and k.customer_code = a.customer_code
      and (k.name, k.locale) = (a.name, a.locale)
      and coalesce(a.email, k.email) is not distinct from k.email
      and coalesce(a.phone, k.phone) is not distinct from k.phone)
  order by a.customer_code
  on conflict (tenant_id, customer_code) do update
  set
    name = excluded.name,
    -- An order that leaves them out does not take them back.
    email = coalesce(excluded.email, c.email),
    phone = coalesce(excluded.phone, c.phone),
    locale = excluded.locale,
    updated_at = clock_now();
end
$$;

comment on function keep_customers(jsonb, integer[], uuid) is
  'Writes what orders that are being placed say of their known customers.';

-- Of the release before; it took the customers of all orders.
drop function if exists keep_customers(jsonb, uuid);
