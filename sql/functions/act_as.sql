-- Names who acts and why, for the rows that triggers write in this transaction (history, ledger).
-- Each sp_*() calls it first, and act_as(null, null) last, so that nothing after it is signed so.
create or replace function act_as(p_actor text, p_reason text)
returns void
language plpgsql volatile
as $$
begin
  perform set_config('stevedore.actor', coalesce(p_actor, ''), true);
  perform set_config('stevedore.reason', coalesce(p_reason, ''), true);
end
$$;

comment on function act_as(text, text) is
  'Names who acts and why until the end of the transaction or the next call; nulls take it back.';
