-- $1 tenant, $2 code, $3 name.
insert into products (tenant_id, product_code, name)
values ($1, $2, $3)
on conflict on constraint products_product_code_key do update
set
  name = excluded.name,
  status = 'active',
  updated_at = clock_now()
returning product_id
