-- $1 fulfilment, $2 code and $3 message of a refusal, $4 actor, $5 tenant. Locks: the order, the
-- fulfilment, levels, reservations.
select sp_finish_cancellation($1, $2, $3, $4, $5)::text as "done"
