//! The schema explains itself.

use stevedore_testkit::TestDb;

/// Everything of ours without a comment. Partitions have their parent's.
const WITHOUT_COMMENT: &str = "
with
ours as (
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname in ('public', 'queue', 'stevedore', 'analytics')
    and c.relkind in ('r', 'p', 'v', 'm')
    and not c.relispartition
),
relations as (
  select format('%s %s', case relkind when 'v' then 'view' else 'table' end, name)
  from ours
  where obj_description(oid, 'pg_class') is null
),
columns as (
  select format('column %s.%I', ours.name, a.attname)
  from ours
  join pg_attribute as a on a.attrelid = ours.oid and a.attnum > 0 and not a.attisdropped
  where col_description(ours.oid, a.attnum) is null
),
functions as (
  select format('function %s', p.oid::regprocedure)
  from pg_proc as p
  join pg_namespace as n on n.oid = p.pronamespace
  where n.nspname in ('public', 'queue', 'stevedore', 'analytics')
    and obj_description(p.oid, 'pg_proc') is null
)
select * from relations
union all select * from columns
union all select * from functions
order by 1";

#[tokio::test]
async fn every_table_column_view_and_function_has_a_comment() {
    let db = TestDb::new().await;
    let silent: Vec<String> = sqlx::query_scalar(WITHOUT_COMMENT)
        .fetch_all(db.pool())
        .await
        .unwrap();
    assert!(
        silent.is_empty(),
        "without a comment:\n{}",
        silent.join("\n")
    );
}
