-- Begins to wait for an event, or learns what came: queue.open_wait. Parameters as there.
select outcome, token, payload
from queue.open_wait($1, $2, $3, $4, $5, $6)
