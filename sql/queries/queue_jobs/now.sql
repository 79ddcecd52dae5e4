-- The time of the database.
select clock_now() as "now!"
