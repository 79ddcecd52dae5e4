//! The plans of claim and completion on a large table: no scan of it, and few rows read.

use sqlx::PgPool;
use stevedore_testkit::TestDb;

/// Fills the hot table with ready, scheduled and blocked jobs, as a backlog leaves it.
async fn backlog(pool: &PgPool, jobs: i64) {
    sqlx::query(
        "insert into queue.jobs (kind, queue, state, run_at, priority, group_key)
         select 'a', case n % 4 when 0 then 'other' else 'default' end,
           case n % 10 when 0 then 'scheduled' when 1 then 'blocked' else 'ready' end,
           now() + (n % 1000) * interval '1 second' - interval '1 hour', n % 3,
           case n % 10 when 1 then 'g' || n % 7 end
         from generate_series(1, $1) as n",
    )
    .bind(jobs)
    .execute(pool)
    .await
    .unwrap();
    sqlx::query("vacuum analyze queue.jobs")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("select queue.register_worker('w', '', array['default'], array['a'], 1000, 60000)")
        .execute(pool)
        .await
        .unwrap();
}

/// Rows of the hot table that scans have read so far: (by sequential scans, by index scans).
async fn rows_read(pool: &PgPool) -> (i64, i64) {
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query_as(
        "select seq_tup_read, idx_tup_fetch from pg_stat_all_tables
         where schemaname = 'queue' and relname = 'jobs'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn claim_and_completion_read_few_rows_of_a_long_backlog_also_when_prepared() {
    let db = TestDb::new().await;
    let pool = db.pool_of(1);
    backlog(&pool, 50_000).await;
    let before = rows_read(&pool).await;
    // More often than the five times after which PostgreSQL may choose a generic plan.
    for _ in 0..10 {
        let claimed: Vec<(i64, i32)> = sqlx::query_as(
            "select job_id, attempt from queue.claim(
               1, array['default'], array['a'], array[5]::smallint[], $1)",
        )
        .bind(10)
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(claimed.len(), 10);
        let (job_ids, attempts): (Vec<i64>, Vec<i32>) = claimed.into_iter().unzip();
        let half = job_ids.len() / 2;
        let completed: Vec<i64> = sqlx::query_scalar("select queue.complete(1, $1, $2)")
            .bind(&job_ids[..half])
            .bind(&attempts[..half])
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(completed.len(), half);
        let settled = sqlx::query(
            "select * from queue.settle(1, $1, $2, array_fill('failed'::text, array[$3]),
               array_fill(1::bigint, array[$3]), array_fill('e'::text, array[$3]))",
        )
        .bind(&job_ids[half..])
        .bind(&attempts[half..])
        .bind(i32::try_from(job_ids.len() - half).unwrap())
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(settled.len(), job_ids.len() - half);
    }
    let after = rows_read(&pool).await;
    assert_eq!(after.0, before.0, "a sequential scan");
    // Ten rounds of ten: each row is read once to be claimed, again to be changed, and so on.
    let per_job = (after.1 - before.1) / 100;
    assert!(per_job <= 8, "{per_job} rows read per job");
}

#[tokio::test]
async fn promotion_and_rescue_read_no_more_than_they_move() {
    let db = TestDb::new().await;
    let pool = db.pool_of(1);
    backlog(&pool, 50_000).await;
    sqlx::query(
        "update queue.jobs set run_at = now() + interval '1 day' where state = 'scheduled'",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("vacuum analyze queue.jobs")
        .execute(&pool)
        .await
        .unwrap();
    let before = rows_read(&pool).await;
    for _ in 0..10 {
        sqlx::query("select * from queue.promote_due(1000)")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query("select * from queue.rescue()")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query("select * from queue.heartbeat(1)")
            .execute(&pool)
            .await
            .unwrap();
    }
    let after = rows_read(&pool).await;
    assert_eq!(after.0, before.0, "a sequential scan");
    assert!(
        after.1 - before.1 < 1000,
        "{} rows read",
        after.1 - before.1
    );
}
