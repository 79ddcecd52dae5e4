-- $1 tenant, $2 customer's code, $3 wishes. Locks: the preferences.
select set_notification_preferences($2, $3, $1) as preferences
