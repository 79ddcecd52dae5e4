-- Our key of the customer whom the shop calls so. $1 tenant, $2 the shop's own id.
-- Index: customers_customer_code_key.
select customer_id
from customers
where tenant_id = $1
    and customer_code = $2
