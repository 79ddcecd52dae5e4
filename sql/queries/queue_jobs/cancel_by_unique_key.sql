-- Cancels the job that holds a unique key. $1: the key. Null: nobody holds it.
select queue.cancel_by_unique_key($1) as fate
