-- $1 tenant, $2 kind, $3 channel, $4 language: itself, else its base. Index:
-- notification_templates_pkey.
select
  subject,
  body_text,
  body_html,
  content_sid
from notification_templates
where tenant_id = $1
  and notification_type = $2
  and channel = $3
  and locale in ($4, split_part($4, '-', 1))
order by length(locale) desc
limit 1
