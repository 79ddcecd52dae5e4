-- The fleet's gauges, all of one moment. Locks: none.
select
    metric as "metric!",
    labels as "labels!: Labels",
    value as "value!"
from vw_gauges
