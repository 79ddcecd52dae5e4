-- Ends a session. $1 hash. Index: console_sessions_token_hash_key.
delete from console_sessions
where token_hash = $1
