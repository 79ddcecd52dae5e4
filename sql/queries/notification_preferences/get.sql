-- $1 tenant, $2 customer's code. Index: customers_customer_code_key.
select notification_preferences_of($2, $1) as preferences
