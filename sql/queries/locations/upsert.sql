-- $1 tenant, $2 code, $3 name, $4 kind, $5 priority.
insert into locations (tenant_id, code, name, kind, priority)
values ($1, $2, $3, $4, $5)
on conflict on constraint locations_code_key do update
set
  name = excluded.name,
  kind = excluded.kind,
  priority = excluded.priority
returning location_id
