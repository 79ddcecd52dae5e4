-- Whether JSON holds a number that a double cannot. Such numbers print as more than 308 digits, so
-- nearly every call ends at the length; the search proper is for the few that are left.
create or replace function queue.has_huge_number(p_args jsonb)
returns boolean
language sql immutable
as $$
  select case
    when octet_length(p_args::text) <= 308 then false
    when p_args::text !~ '[0-9]{155}[0-9]{154}' then false
    else jsonb_path_exists(
      p_args,
      '$.** ? (@.type() == "number" && (@ > 1.797e308 || @ < -1.797e308))')
  end
$$;

comment on function queue.has_huge_number(jsonb) is
  'Whether JSON holds a number whose size is beyond a double (1.797e308).';
