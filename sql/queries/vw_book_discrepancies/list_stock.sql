-- A part of what does not add up, which reads its own tables only: the view's other branches fall
-- away in the plan. Levels against the ledger, the promises, transfers and returns.
select
  tenant_id as "tenant_id!",
  kind as "kind!",
  subject as "subject!",
  expected as "expected!",
  actual as "actual!"
from vw_book_discrepancies
where kind in (
    'ledger_on_hand', 'ledger_reserved', 'ledger_allocated', 'ledger_incoming', 'ledger_damaged',
    'ledger_backordered', 'live_reserved', 'live_allocated', 'live_backordered', 'oversold',
    'transfer_units', 'returned_units')
order by kind, subject
