-- A page of a view: $1 view, $2 conditions, $3 key, $4 sort, $5 descending, $6 after or null,
-- $7 how many, $8 tenant. list_rows() says what they mean.
select rows as "row!"
from list_rows($1, $2, $3, $4, $5, $6, $7, $8) as rows
