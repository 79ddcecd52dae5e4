-- $1 order, $2 tenant. Null: no such order.
select explain_route($1, $2) as "route"
