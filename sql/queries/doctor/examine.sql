-- What is wrong with the database, the worst first. $1: seconds that a transaction may be held,
-- $2: connections that each process may open. Reads statistics alone.
select
  finding as "finding!",
  severity as "severity!",
  subject as "subject!",
  evidence as "evidence!",
  advice as "advice!"
from doctor(make_interval(secs => $1), $2)
