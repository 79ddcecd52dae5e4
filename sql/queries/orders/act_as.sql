-- Names who acts until the transaction ends. $1 actor.
select act_as($1, null)::text as "done"
