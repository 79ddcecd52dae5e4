//! A database host that vanishes without a word: connections that neither answer nor fail.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use stevedore_queue::RunnerSettings;
use stevedore_testkit::TestDb;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use crate::support::{Does, Worker, calm, put, until};

/// Stands between a pool and the server, and can fall silent.
struct Proxy {
    folder: tempfile::TempDir,
    port: u16,
    /// Raised: connections made with it stay open, and nothing passes any more.
    silence: Arc<Mutex<CancellationToken>>,
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

impl Proxy {
    fn start(server: &PgConnectOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = server.get_port();
        let listener = UnixListener::bind(folder.path().join(format!(".s.PGSQL.{port}"))).unwrap();
        let silence: Arc<Mutex<CancellationToken>> = Arc::default();
        let (server, current) = (server.clone(), Arc::clone(&silence));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let silence = current.lock().unwrap().clone();
                let server = connect(&server).await;
                tokio::spawn(pass(client, server, silence));
            }
        });
        Proxy {
            folder,
            port,
            silence,
        }
    }

    fn pool(&self, server: &PgConnectOptions) -> PgPool {
        let options = server
            .clone()
            .socket(self.folder.path())
            .port(self.port)
            .ssl_mode(PgSslMode::Disable);
        PgPoolOptions::new()
            .max_connections(10)
            .connect_lazy_with(options)
    }

    /// From now on nothing passes on the connections that there are; nor on new ones, or it does.
    fn fall_silent(&self, new_ones_pass: bool) {
        let mut silence = self.silence.lock().unwrap();
        silence.cancel();
        if new_ones_pass {
            *silence = CancellationToken::new();
        }
    }
}

async fn connect(server: &PgConnectOptions) -> Box<dyn Socket> {
    let (host, port) = (server.get_host(), server.get_port());
    let folder = server.get_socket().cloned();
    let folder = folder.or_else(|| host.starts_with('/').then(|| host.into()));
    match folder {
        Some(folder) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            Box::new(UnixStream::connect(path).await.unwrap())
        }
        None => Box::new(TcpStream::connect((host, port)).await.unwrap()),
    }
}

async fn pass(mut client: UnixStream, mut server: Box<dyn Socket>, silence: CancellationToken) {
    tokio::select! {
        biased;
        () = silence.cancelled() => std::future::pending().await,
        // An end of one side ends the other.
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
    }
}

#[tokio::test]
async fn point_13_a_worker_whose_connections_fell_silent_works_on_within_seconds() {
    let db = TestDb::new().await;
    let server = db.pool.connect_options();
    let proxy = Proxy::start(&server);
    let settings = RunnerSettings {
        heartbeat: Duration::from_secs(1),
        ..RunnerSettings::default()
    };
    let worker = Worker::start(&proxy.pool(&server), settings);
    let first = put(&db.pool, Does::Complete).await;
    until(&db.pool, first, "completed").await;
    proxy.fall_silent(true);
    let started = Instant::now();
    let next = put(&db.pool, Does::Complete).await;
    until(&db.pool, next, "completed").await;
    eprintln!("worked on after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(15));
    worker.stop().await;
}

/// The first job to be claimed makes its claim last longer than any worker waits for an answer.
async fn make_first_claim_slow(pool: &PgPool) {
    for step in [
        "create sequence slow_claims",
        "create function be_slow() returns trigger language plpgsql as $$ begin
           if nextval('slow_claims') = 1 then perform pg_sleep(7); end if;
           return new;
         end $$",
        "create trigger be_slow before update on queue.jobs for each row
           when (new.state = 'running') execute function be_slow()",
    ] {
        sqlx::query(step).execute(pool).await.unwrap();
    }
}

#[tokio::test]
async fn point_14_a_claim_that_is_granted_after_its_worker_gave_up_on_it_is_found() {
    let db = TestDb::new().await;
    make_first_claim_slow(&db.pool).await;
    // No beat, no poll and no notification comes to the help of it.
    let settings = RunnerSettings {
        heartbeat: Duration::from_secs(3600),
        poll_max: Duration::from_secs(3600),
        ..calm()
    };
    let worker = Worker::start(&db.pool_of(10), settings);
    let job = put(&db.pool, Does::Complete).await;
    until(&db.pool, job, "completed").await;
    worker.stop().await;
}

#[tokio::test]
async fn point_14_a_stop_takes_little_more_than_its_grace_when_the_database_is_silent() {
    let db = TestDb::new().await;
    let server = db.pool.connect_options();
    let proxy = Proxy::start(&server);
    let settings = RunnerSettings {
        grace: Duration::from_secs(1),
        ..calm()
    };
    let worker = Worker::start(&proxy.pool(&server), settings);
    put(&db.pool, Does::Hang).await;
    worker.stage.until_begun(1).await;
    proxy.fall_silent(false);
    let started = Instant::now();
    worker.stop().await;
    eprintln!("stopped after {:?}", started.elapsed());
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}
