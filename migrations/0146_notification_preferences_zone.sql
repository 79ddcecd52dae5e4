-- A customer that names no time zone has the shop's: 0141's check refused that.
-- Locks: access exclusive on notification_preferences while its rows, one a customer who said
--   something, are read.
alter table notification_preferences
  drop constraint notification_preferences_time_zone_check,
  add constraint notification_preferences_time_zone_check check (
    time_zone is null
    or timezone(time_zone, timestamptz '2000-01-01 00:00:00+00') is not null);
