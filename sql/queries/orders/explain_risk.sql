-- What an order's risk score is made of: $1 order, $2 tenant. P0NOF.
select explain_risk($1, $2) as "answer!"
