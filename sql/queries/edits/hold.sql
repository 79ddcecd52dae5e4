-- Holds what is edited until the transaction ends, against others who edit it over HTTP: $1 tenant,
-- $2 what. A lock of a name, so that what is not there yet can be held, too.
select pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0)) is null as "held!"
