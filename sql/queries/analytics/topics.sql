-- The tables of analytics, in the order to refresh them. Locks: none.
select topic as "topic!"
from unnest(analytics.topics()) as topic
