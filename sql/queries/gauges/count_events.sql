-- What happened since the last call, as increments. Locks: see count_events().
select
    metric as "metric!",
    labels as "labels!: Labels",
    amount as "amount!",
    seconds
from count_events()
