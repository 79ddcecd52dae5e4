-- What a front door has to know. $1: what it let in since, as JSON.
select queue.admission($1) as "known!"
