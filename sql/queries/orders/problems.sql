-- What the catalogue has against orders, those that it has something against. $1 orders, $2 tenant.
-- Reads only.
select place as "place!", problems as "problems!"
from orders_problems($1, $2)
