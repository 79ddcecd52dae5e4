-- Where a reader stands who has read all that can be read now.
select events_position() as "position!"
