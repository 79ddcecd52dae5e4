-- Frees groups whose jobs have ended, in a transaction of its own: after the commits of handlers
-- that completed their jobs themselves (queue.complete_in with p_releases false).
--
-- One at a time: two at once would see the same place free, and the second make one more job ready
-- than may run, which could then start before its turn. The lock stands in a statement of its own,
-- so that the next sees what this one has made ready.
--
-- The commit does not wait for the disk. Should the server crash in that moment, the groups are
-- found free by queue.sweep_groups(), as those of a worker that died before it came to this. A job
-- that was claimed meanwhile is not affected: the claim is durable, and with it what came before.
create or replace function queue.free_groups(p_group_keys text[])
returns void
language plpgsql volatile
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('queue.free_groups', 0));
  perform set_config('synchronous_commit', 'off', true);
  perform queue.release_groups(p_group_keys);
end
$$;

comment on function queue.free_groups(text[]) is
  'queue.release_groups for groups whose jobs have ended already; internal.';
