-- Takes tokens from a key's bucket: 0, or the milliseconds to wait. $1 key, $2 tokens.
select queue.take_tokens($1, $2) as "wait_ms!"
