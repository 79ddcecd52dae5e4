-- What few jobs have: queue.job_details. $1: job_id.
select
  percent,
  message,
  checkpoint,
  result,
  updated_at,
  after as "after!",
  before as "before!",
  waits as "waits!"
from queue.job_details($1)
