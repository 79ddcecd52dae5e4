-- The fleet's gauges, all of one moment. Locks: none.
select
    metric as "metric!",
    labels as "labels!: Labels",
    value as "value!"
from vw_gauges
union all
-- By itself, since the view is for those, too, who may not ask about keys.
select 'stevedore_api_keys_expiring', '{}', api_keys_expiring('7 days')
