-- As what an order's buyer is on the blocklist (phone, email, …) and why, or null.
create or replace function blocked_as(p_tenant uuid, p_order_id bigint)
returns text
language plpgsql stable
as $$
begin
  return (
    select format('the %s is blocked: %s', replace(b.kind, '_', ' '), b.reason)
    from orders as o
    left join customers as c using (tenant_id, customer_id)
    cross join lateral (values
      ('phone', o.customer_phone),
      ('email', lower(o.customer_email)),
      ('email_domain', lower(split_part(o.customer_email, '@', 2))),
      ('ip', host(o.ip_address)),
      ('customer', lower(c.customer_code))
    ) as s (kind, value)
    join blocklist as b
      on b.tenant_id = p_tenant and b.kind = s.kind and b.value = s.value
    where o.tenant_id = p_tenant
      and o.order_id = p_order_id
      and (b.expires_at is null or b.expires_at > clock_now())
    order by b.kind
    limit 1
  );
end
$$;

comment on function blocked_as(uuid, bigint) is
  'As what an order''s buyer is on the blocklist and why, or null.';
