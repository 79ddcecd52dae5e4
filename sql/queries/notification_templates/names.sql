-- Which templates a shop wrote. $1 tenant. Index: notification_templates_pkey.
select
  notification_type,
  channel,
  locale
from notification_templates
where tenant_id = $1
order by notification_type, channel, locale
