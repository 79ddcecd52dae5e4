// graphile-worker: jobs by add_jobs in batches of 1,000, then drained with a local queue and batched
// completion, what its documentation advises for throughput.
import { run, runMigrations } from "graphile-worker";
import pg from "pg";

const jobs = Number(process.env.JOBS ?? 100000);
const batch = 1000;
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 12 });
await runMigrations({ pgPool: pool });

const enqueueBegan = performance.now();
for (let start = 0; start < jobs; start += batch) {
  const specs = Array.from({ length: batch }, (_, place) => ({
    identifier: "tick",
    payload: { number: start + place },
  }));
  await pool.query(
    `select from graphile_worker.add_jobs(
       (select array_agg(json_populate_record(null::graphile_worker.job_spec, spec))
        from json_array_elements($1::json) as spec))`,
    [JSON.stringify(specs)],
  );
}
const enqueueTook = performance.now() - enqueueBegan;

let handled = 0;
let allHandled;
const end = new Promise((resolve) => (allHandled = resolve));
const drainBegan = performance.now();
const runner = await run({
  pgPool: pool,
  taskList: {
    tick: async () => {
      handled += 1;
      if (handled === jobs) allHandled();
    },
  },
  preset: {
    worker: {
      concurrentJobs: 24,
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
    },
  },
});
await end;
for (;;) {
  const left = await pool.query("select from graphile_worker._private_jobs limit 1");
  if (left.rowCount === 0) break;
}
const drainTook = performance.now() - drainBegan;
const perSecond = (took) => Math.round((jobs / took) * 1000);
console.log(
  JSON.stringify({
    peer: "graphile-worker 0.17",
    enqueue_per_s: perSecond(enqueueTook),
    drain_per_s: perSecond(drainTook),
  }),
);
await runner.stop();
await pool.end();
