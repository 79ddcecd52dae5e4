-- Purchases and returns of labels are calls like others: fulfillment_logs keeps them, too. The new
-- check is wider, so it holds for every row; not valid, so nothing is scanned under its lock.
alter table fulfillment_logs
  drop constraint fulfillment_logs_action_check,
  add constraint fulfillment_logs_action_check check (action in (
    'trigger', 'retry', 'verify', 'cancel', 'label', 'void')) not valid;

comment on column fulfillment_logs.provider_code is
  'Who was called: the provider, or the carrier whose label it is.';
comment on column fulfillment_logs.action is
  'trigger (first submission), retry (a later one), verify (look-up), cancel, label (a carrier is '
  'asked for one), void (and to take it back).';
comment on column fulfillment_logs.attempt_number is
  'fulfillments.attempt at that time; for label and void, the how-manieth.';
