-- Every outside system that the fleet ever called: whether calls go there, how fast, what it said
-- last. Fleet-wide: breakers are of accounts, and not of shops.
select coalesce(
  jsonb_agg(to_jsonb(h) order by h.provider, h.account), '[]') as "providers!"
from provider_health as h
