-- Reads the table without a lock that writers would notice.
alter table fulfillment_logs validate constraint fulfillment_logs_action_check;
