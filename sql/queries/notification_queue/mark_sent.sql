-- $1 tenant, $2 notification, $3 provider, $4 the channel's id of the message. Locks: the notice.
select sent_notification($1, $2, $3, $4) as "is_first!"
