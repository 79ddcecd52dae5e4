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

/// Claims `limit` jobs, from the heads or from the places of `known`; answers the last place.
async fn claim(
    pool: &PgPool,
    limit: i32,
    known: Option<(chrono::DateTime<chrono::Utc>, i64)>,
) -> (Vec<(i64, i32)>, (chrono::DateTime<chrono::Utc>, i64)) {
    let (order_at, job_id): (Vec<_>, Vec<_>) = known.into_iter().unzip();
    let claimed: Vec<(i64, i32, chrono::DateTime<chrono::Utc>)> = sqlx::query_as(
        "select job_id, attempt, order_at from queue.claim_next(
           1, array['default'], array['a'], array[5]::smallint[], $1,
           array_fill('default'::text, array[cardinality($2)]),
           array_fill(0::smallint, array[cardinality($2)]),
           array_fill(''::text, array[cardinality($2)]), $2, $3)
         order by order_at, job_id",
    )
    .bind(limit)
    .bind(&order_at)
    .bind(&job_id)
    .fetch_all(pool)
    .await
    .unwrap();
    let last = claimed.last().map(|row| (row.2, row.0)).unwrap();
    let leases = claimed.into_iter().map(|row| (row.0, row.1)).collect();
    (leases, last)
}

async fn complete(pool: &PgPool, leases: Vec<(i64, i32)>) {
    let (job_ids, attempts): (Vec<i64>, Vec<i32>) = leases.into_iter().unzip();
    let completed: Vec<i64> = sqlx::query_scalar("select queue.complete(1, $1, $2)")
        .bind(&job_ids)
        .bind(&attempts)
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(completed.len(), job_ids.len());
}

/// Fills the hot table with ready jobs of one line.
async fn line(pool: &PgPool, jobs: i64) {
    // In pieces: one statement may not take longer than the connection's limit.
    for piece in 0..10 {
        sqlx::query(
            "insert into queue.jobs (kind, order_at)
             select 'a', now() - (n * 10 + $2) * interval '1 millisecond'
             from generate_series(1, $1 / 10) as n",
        )
        .bind(jobs)
        .bind(piece)
        .execute(pool)
        .await
        .unwrap();
    }
    sqlx::query("vacuum analyze queue.jobs")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("select queue.register_worker('w', '', array['default'], array['a'], 1000, 60000)")
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn claim_and_completion_read_at_most_four_rows_a_job_of_a_million() {
    const BATCH: i32 = 100;
    let db = TestDb::new().await;
    let pool = db.pool_of(1);
    line(&pool, 1_000_000).await;
    for _ in 0..7 {
        let before = rows_read(&pool).await;
        let (leases, _) = claim(&pool, BATCH, None).await;
        let claimed = rows_read(&pool).await;
        complete(&pool, leases).await;
        let completed = rows_read(&pool).await;
        assert_eq!(completed.0, before.0, "a sequential scan");
        let of_claim = claimed.1 - before.1;
        assert!(of_claim <= i64::from(4 * BATCH), "{of_claim} by the claim");
        let of_completion = completed.1 - claimed.1;
        assert!(
            of_completion <= i64::from(4 * BATCH),
            "{of_completion} by the completion"
        );
    }
}

#[tokio::test]
async fn first_4_under_a_held_snapshot_a_claim_from_a_known_place_reads_no_dead_rows() {
    const BATCH: i32 = 100;
    let db = TestDb::new().await;
    let pool = db.pool_of(1);
    line(&pool, 30_000).await;
    let mut held = db.pool_of(1).acquire().await.unwrap().detach();
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from queue.jobs")
        .execute(&mut held)
        .await
        .unwrap();
    let mut place = None;
    for _ in 0..100 {
        let (leases, last) = claim(&pool, BATCH, place).await;
        complete(&pool, leases).await;
        place = Some(last);
    }
    let before = rows_read(&pool).await;
    let (leases, _) = claim(&pool, BATCH, place).await;
    let from_place = rows_read(&pool).await.1 - before.1;
    complete(&pool, leases).await;
    assert!(from_place <= i64::from(4 * BATCH), "{from_place} rows read");
    // What it is spared: the entries of all that is gone.
    let entries = "explain (analyze, buffers, costs off, timing off, summary off, format json)
        select * from queue.lines(array['default'])";
    let plan: serde_json::Value = sqlx::query_scalar(entries).fetch_one(&pool).await.unwrap();
    let blocks = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap();
    assert!(
        blocks > 100,
        "the snapshot keeps no dead rows: {blocks} blocks"
    );
}
