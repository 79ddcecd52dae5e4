-- Everything in the whole database that does not add up. Reads it all.
select
  tenant_id as "tenant_id!",
  kind as "kind!",
  subject as "subject!",
  expected as "expected!",
  actual as "actual!"
from vw_book_discrepancies
order by kind, subject
