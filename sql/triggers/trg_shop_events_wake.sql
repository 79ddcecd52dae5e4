-- Tells those who wait for events (channel shop_events, no payload), once a transaction, and nobody
-- if nobody waits: a transaction that notifies commits alone, with a wait for the disk of its own.
--
-- Who waits holds the advisory lock of events_key(), shared. A reader that sees events come lets it
-- go and looks by itself; docs/events.md says how it takes it again without missing one.
create or replace function trg_shop_events_wake()
returns trigger
language plpgsql
as $$
begin
  perform pg_notify('shop_events', '');
  return null;
end
$$;

comment on function trg_shop_events_wake() is 'Notifies whoever waits for events of shops.';

-- One expression, so that nothing comes between lock and unlock. Two writers that ask at the very
-- same time may take each other for a reader: then one notification is sent in vain.
create or replace trigger trg_shop_events_wake
after insert on shop_events
for each statement
when (
  case when pg_try_advisory_lock(events_key()) then not pg_advisory_unlock(events_key())
    else true end)
execute function trg_shop_events_wake();

create or replace trigger trg_shop_events_append_only
before update or truncate on shop_events
for each statement execute function trg_refuse_change();
