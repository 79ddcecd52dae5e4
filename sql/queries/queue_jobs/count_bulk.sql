-- How many jobs a bulk change would touch. $1 what, $2 filter, $3 count no further than this.
select queue.count_bulk($1, $2, $3) as "jobs!"
