-- Limits what the fleet may do. $1 scope, $2 name, $3 jobs at once, $4 starts a second, $5 burst;
-- all null: no limit any more.
select true as "set!"
from queue.set_limit($1, $2, $3, $4, $5)
