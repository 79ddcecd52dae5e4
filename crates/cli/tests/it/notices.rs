//! Notices: workers that are killed while they send them, and how they are shown without sending.

use std::collections::BTreeMap;
use std::ops::Range;
use std::process::Child;
use std::time::{Duration, Instant};

use rand::Rng as _;
use stevedore_simulator::{ACCOUNT_SID, AUTH_TOKEN, Simulator, SimulatorSettings};
use stevedore_testkit::TestDb;

use crate::processes::{kill, worker};
use crate::{stderr, stdout, stevedore};

/// 5,000 are proven by hand: `STEVEDORE_TEST_NOTICES=5000`.
const NOTICES: u32 = 300;
/// One in so many goes to somebody whose server is slow to say that it has the message: there a
/// kill most often leaves nobody who knows.
const SLOW_ONE_IN: i32 = 20;
/// Workers at a time.
const WORKERS: usize = 3;
/// Milliseconds from one death to the next.
const LIFE_MS: Range<u64> = 100..700;
/// Far above what it takes; it only decides how long a failing test takes.
const DEADLINE: Duration = Duration::from_secs(60 * 60);

/// A worker process that sends by the simulator.
fn sender(db: &TestDb, simulator: &Simulator) -> Child {
    let smtp = simulator.smtp_addr();
    let settings = [
        ("WORKER_QUEUES", "notifications"),
        ("WORKER_CONCURRENCY", "8"),
        ("WORKER_HEARTBEAT", "300ms"),
        ("NOTICE_RETRY_DELAY", "20ms"),
        ("NOTICE_RETRY_DELAY_MAX", "100ms"),
        ("SMTP_HOST", &smtp.ip().to_string()),
        ("SMTP_PORT", &smtp.port().to_string()),
        ("SMTP_TLS", "none"),
        ("SMTP_FROM", "Kofi's Data <orders@shop.example>"),
        ("TWILIO_API_URL", &simulator.twilio_url()),
        ("TWILIO_ACCOUNT_SID", ACCOUNT_SID),
        ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
        ("TWILIO_SMS_FROM", "+14155550100"),
    ];
    worker(db, &settings)
}

/// Kills one worker after another, each followed by a new one, until no notice waits; answers how
/// many died.
async fn work_and_die(db: &TestDb, simulator: &Simulator) -> u32 {
    let mut workers: Vec<_> = (0..WORKERS).map(|_| sender(db, simulator)).collect();
    let (mut kills, start) = (0, Instant::now());
    loop {
        // When they die must have nothing to do with what they do.
        let life = rand::rng().random_range(LIFE_MS);
        tokio::time::sleep(Duration::from_millis(life)).await;
        let waiting: i64 =
            sqlx::query_scalar("select count(*) from notification_queue where status = 'pending'")
                .fetch_one(&db.pool)
                .await
                .expect("they are counted");
        if waiting == 0 {
            workers.into_iter().for_each(kill);
            return kills;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "{waiting} wait after {kills} kills"
        );
        kill(workers.remove(rand::rng().random_range(0..WORKERS)));
        workers.push(sender(db, simulator));
        kills += 1;
    }
}

#[derive(sqlx::FromRow)]
struct Notice {
    channel: String,
    recipient: String,
    status: String,
    provider_message_id: Option<String>,
    unknown_attempts: i16,
}

#[tokio::test(flavor = "multi_thread")]
async fn g4_workers_killed_at_random_lose_no_notice_and_repeat_only_what_nobody_knows() {
    let count = notices_wanted();
    let db = TestDb::new().await;
    let simulator = Simulator::start(SimulatorSettings::default())
        .await
        .expect("a simulator");
    sqlx::query(
        "insert into notification_queue (notification_type, channel, recipient, payload, dedupe_key)
        select 'order_delivered', case n % 2 when 0 then 'email' else 'sms' end,
          case n % 2
            when 0 then case n / 2 % $2 when 0 then 'slow' else 'a' end || n || '@example.com'
            else case n / 2 % $2 when 0 then '+150055501' else '+23320' end || 1000000 + n
          end,
          jsonb_build_object('order_number', 'ORD-' || n), 'x:' || n
        from generate_series(1, $1) as n",
    )
    .bind(i32::try_from(count).expect("a number"))
    .bind(SLOW_ONE_IN)
    .execute(&db.pool)
    .await
    .expect("notices");
    let start = Instant::now();
    let kills = work_and_die(&db, &simulator).await;
    let took = start.elapsed();

    let notices: Vec<Notice> = sqlx::query_as(
        "select channel, recipient, status, provider_message_id, unknown_attempts
        from notification_queue",
    )
    .fetch_all(&db.pool)
    .await
    .expect("they are read");
    assert_eq!(notices.len(), count as usize);
    let mails = simulator.state().mail.by_message_id;
    let mut texts: BTreeMap<String, u64> = BTreeMap::new();
    for text in simulator.twilio().messages {
        *texts.entry(text.form["To"].clone()).or_default() += 1;
    }
    let (mut unknown, mut twice) = ([0, 0], 0);
    for notice in &notices {
        let id = notice.provider_message_id.as_deref().unwrap_or_default();
        assert_eq!(notice.status, "sent", "{} is lost", notice.recipient);
        let is_mail = notice.channel == "email";
        let arrived = match is_mail {
            true => mails.get(id.trim_matches(['<', '>'])),
            false => texts.get(&notice.recipient),
        };
        let arrived = *arrived.unwrap_or_else(|| panic!("{} has nothing", notice.recipient));
        let may_repeat = if is_mail { notice.unknown_attempts } else { 0 };
        assert!(
            arrived - 1 <= may_repeat.unsigned_abs().into(),
            "{arrived} of {id}"
        );
        unknown[usize::from(is_mail)] += i64::from(notice.unknown_attempts);
        twice += arrived - 1;
    }
    assert!(kills > 0, "nobody died");
    eprintln!(
        "{count} notices, {kills} kills in {took:?}; nobody knew of {} attempts at texts, of which \
         none came twice, and of {} at mails, of which {twice} came twice",
        unknown[0], unknown[1]
    );
}

#[expect(clippy::disallowed_methods, reason = "the scale of a run by hand")]
fn notices_wanted() -> u32 {
    let asked = std::env::var("STEVEDORE_TEST_NOTICES").ok();
    asked.map_or(NOTICES, |number| number.parse().expect("a number"))
}

fn templates(arguments: &[&str]) -> String {
    let output = stevedore(&[&["templates"], arguments].concat())
        .output()
        .expect("the command can be started");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn g3_every_notice_can_be_previewed_in_each_language_and_on_each_channel() {
    let list = templates(&["list"]);
    assert!(list.lines().count() >= 16, "{list}");
    for line in list.lines() {
        let kind = line.split_whitespace().next().expect("a kind");
        assert!(
            line.ends_with("en built-in  fr built-in  de built-in"),
            "{line}"
        );
        for (locale, channel) in [
            ("en", "text"),
            ("fr", "email"),
            ("de", "sms"),
            ("en", "in-app"),
        ] {
            let arguments = ["preview", kind, "--locale", locale, "--channel", channel];
            let shown = templates(&arguments);
            assert!(!shown.trim().is_empty(), "{kind} {locale} {channel}");
            assert_eq!(shown.contains("<html"), channel == "email", "{shown}");
        }
    }
    let shown = templates(&["preview", "order_confirmed", "--locale", "fr"]);
    assert!(shown.starts_with("Subject: "), "{shown}");
    let unknown = stevedore(&["templates", "preview", "nonsense"]).output();
    let unknown = unknown.expect("the command can be started");
    assert!(!unknown.status.success());
    assert!(stderr(&unknown).contains("no template is called \"nonsense\""));
}
