-- A part of what does not add up, which reads its own tables only: the view's other branches fall
-- away in the plan. Totals, and what each line was promised.
select
  tenant_id as "tenant_id!",
  kind as "kind!",
  subject as "subject!",
  expected as "expected!",
  actual as "actual!"
from vw_book_discrepancies
where kind in ('order_subtotal', 'order_promises')
order by kind, subject
