//! What analysts ask works on a streaming replica, which refuses every write.

use std::{path::PathBuf, process::Command};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection};
use stevedore_database::{
    InstallOptions, PrivateServer, PrivateServerOptions, install, options_of,
};
use stevedore_testkit::wait_for;

/// Folders of the two servers, gone at the end.
struct Folders(PathBuf);

impl Folders {
    fn new() -> Self {
        let base = if PathBuf::from("/dev/shm").exists() {
            "/dev/shm"
        } else {
            "/var/tmp"
        };
        let path = PathBuf::from(format!("{base}/stevedore replica {}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn data(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn start(data: PathBuf, settings: &[(&str, &str)]) -> PrivateServer {
    // A private server keeps no log for others of its own accord.
    let log = [("wal_level", "replica"), ("max_wal_senders", "4")];
    let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let options = PrivateServerOptions {
        data_directory: Some(data),
        settings: log.iter().chain(settings).map(own).collect(),
        ..PrivateServerOptions::for_tests()
    };
    PrivateServer::start(options).await.unwrap()
}

async fn session(url: &SecretString) -> PgConnection {
    options_of(url).unwrap().connect().await.unwrap()
}

/// A server with the schema, and one that follows it: a copy of its files from before.
async fn primary_and_replica(folders: &Folders) -> (PrivateServer, PrivateServer) {
    let primary = start(folders.data("primary"), &[]).await;
    install(&primary.url(), InstallOptions::default())
        .await
        .unwrap();
    primary.stop().await.unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .arg(folders.data("primary"))
        .arg(folders.data("replica"))
        .status();
    assert!(copied.unwrap().success());
    std::fs::write(folders.data("replica").join("standby.signal"), "").unwrap();

    let primary = start(folders.data("primary"), &[]).await;
    let socket: String = sqlx::query_scalar("show unix_socket_directories")
        .fetch_one(&mut session(&primary.url()).await)
        .await
        .unwrap();
    let follow = format!("host='{socket}' port=5432 user=postgres");
    let replica = start(folders.data("replica"), &[("primary_conninfo", &follow)]).await;
    (primary, replica)
}

#[tokio::test]
async fn i3_every_view_answers_on_a_streaming_replica() {
    let folders = Folders::new();
    let (primary, replica) = primary_and_replica(&folders).await;

    // Everything that the replica shows has come by the stream.
    let mut source = session(&primary.url()).await;
    let fill = include_str!("../../../testkit/src/fill.sql");
    let refresh = "select analytics.refresh(t) from unnest(analytics.topics()) as t";
    for text in ["set fill.orders = 1000", fill, refresh] {
        source
            .execute(AssertSqlSafe(text.to_owned()))
            .await
            .unwrap();
    }
    let sent: String = sqlx::query_scalar("select pg_current_wal_flush_lsn()::text")
        .fetch_one(&mut source)
        .await
        .unwrap();
    let mut reader = session(&replica.url()).await;
    wait_for("the replica to catch up", async || {
        let there: bool = sqlx::query_scalar("select pg_last_wal_replay_lsn() >= $1::pg_lsn")
            .bind(&sent)
            .fetch_one(&mut reader)
            .await
            .ok()?;
        there.then_some(())
    })
    .await;

    let views: Vec<(String, bool)> = sqlx::query_as(
        "select c.oid::regclass::text, c.relnamespace = 'analytics'::regnamespace
         from pg_class as c
         where c.relkind = 'v'
           and c.relnamespace::regnamespace::text in ('public', 'queue', 'analytics')",
    )
    .fetch_all(&mut reader)
    .await
    .unwrap();
    assert!(
        views
            .iter()
            .filter(|(_, is_analytics)| *is_analytics)
            .count()
            >= 15
    );
    let tenant = "set stevedore.tenant_id = '00000000-0000-0000-0000-000000000001'";
    reader.execute(tenant).await.unwrap();
    for (view, is_analytics) in views {
        let role = if is_analytics {
            "stevedore_analyst"
        } else {
            "stevedore_worker"
        };
        let become_role = format!("set role {role}");
        reader.execute(AssertSqlSafe(become_role)).await.unwrap();
        let count = format!("select count(*) from (select * from {view}) as t");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut reader)
            .await
            .unwrap_or_else(|error| panic!("{view}: {error}"));
        assert!(rows > 0 || !is_analytics, "{view} is empty");
    }
    let written = reader.execute("delete from analytics.order_days").await;
    assert!(written.is_err());
    assert!(replica.url().expose_secret() != primary.url().expose_secret());
}
