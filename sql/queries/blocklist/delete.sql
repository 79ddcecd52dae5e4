-- Takes somebody off the blocklist: $1 kind, $2 value, $3 tenant. Index: blocklist_pkey.
delete from blocklist
where tenant_id = $3
  and kind = $1
  and value = lower($2)
