-- $1 provider, $2 account, $3 calls, $4 in so many seconds.
select declare_provider_rate($1, $2, $3, $4)::text as "done"
