-- $1 tenant, $2 order, $3 the version that the caller saw. Locks: orders. P0VER, P0NOF.
select expect_version($1, $2, $3) as "expected"
