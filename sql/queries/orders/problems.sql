-- What the catalogue has against an order. $1 order, $2 tenant. Reads only.
select order_problems($1, $2) as "problems!"
