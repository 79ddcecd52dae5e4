-- What a channel's code means for a notice:
--   retry            later it may work
--   fail             this message never will; the next channel takes over
--   suppress:reason  nothing will, to this address
--   alert            nothing of ours will until somebody repairs our account or settings
-- Null: not a code that we know; the caller goes by what else it knows.
create or replace function notification_verdict(p_provider text, p_error_code text)
returns text
language sql immutable
return case
  when p_provider = 'twilio' then case
    when p_error_code in ('20429', '21611', '30001', '30003', '30008', '30017', '30022', '63018',
      '63038') then 'retry'
    when p_error_code in ('21211', '21214', '21217', '21614', '30005', '30006', '63003', '63024')
      then 'suppress:invalid_number'
    when p_error_code = '21610' then 'suppress:stopped'
    when p_error_code in ('20003', '20404', '21212', '21408', '21606', '21659', '30002', '63007')
      then 'alert'
    when p_error_code in ('21612', '21617', '30004', '30007', '30034', '63016') then 'fail'
  end
  when p_provider = 'smtp' then case
    -- RFC 3463: the mailbox, not our message, is what is wrong.
    when p_error_code ~ '^5\.1\.([0-3]|6|10)$' then 'suppress:hard_bounce'
    when p_error_code ~ '^5(30|34|35|38)' or p_error_code ~ '^5\.7\.(0|8|9|11)$' then 'alert'
    when p_error_code ~ '^5' then 'fail'
    when p_error_code ~ '^4' then 'retry'
  end
end;

comment on function notification_verdict(text, text) is
  'What a channel''s error code means: retry, fail, suppress:reason, alert; null: unknown.';
