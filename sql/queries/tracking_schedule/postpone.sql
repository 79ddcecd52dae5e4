-- $1 parcels, $2 seconds. Index: tracking_schedule_pkey.
select postpone_polls($1, $2)::text as "done"
