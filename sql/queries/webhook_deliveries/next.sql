-- $1 tenant, $2 endpoint, $3 lane.
select
  delivery_id as "delivery_id!",
  event_id as "event_id!",
  body as "body!",
  attempts as "attempts!",
  url as "url!",
  secret as "secret!",
  previous_secret,
  failures as "failures!",
  floor(extract(epoch from clock_now()))::bigint as "now!"
from next_webhook($1, $2, $3)
