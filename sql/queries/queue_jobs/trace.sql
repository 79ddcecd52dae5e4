-- Sets the trace context of the transaction; what it enqueues inherits it. $1: W3C traceparent.
select set_config('stevedore.traceparent', $1, true) as trace_context
