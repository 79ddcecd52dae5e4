//! Roles belong to the server, not to a database: who may make them, and who makes them first.

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool};
use stevedore_database::{
    InstallOptions, PrivateServer, PrivateServerOptions, Schema, install, options_of,
};

/// A server that nobody has installed anything on, and a session of its superuser.
async fn fresh_server() -> (PrivateServer, PgConnection) {
    let server = PrivateServer::start(PrivateServerOptions::for_tests())
        .await
        .unwrap();
    let session = options_of(&server.url()).unwrap().connect().await.unwrap();
    (server, session)
}

fn url_of(server: &PrivateServer, user: &str, database: &str) -> SecretString {
    let options = options_of(&server.url()).unwrap();
    let options = options.username(user).database(database);
    options.to_url_lossy().to_string().into()
}

async fn run(session: &mut PgConnection, statements: &[&str]) {
    for statement in statements {
        session
            .execute(AssertSqlSafe((*statement).to_owned()))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn installs_of_many_databases_at_once_agree_on_the_roles() {
    let (server, mut session) = fresh_server().await;
    let mut installs = tokio::task::JoinSet::new();
    for number in 0..6 {
        let name = format!("shop_{number}");
        run(&mut session, &[&format!("create database {name}")]).await;
        let url = url_of(&server, "postgres", &name);
        installs.spawn(async move { install(&url, InstallOptions::default()).await });
    }
    for report in installs.join_all().await {
        report.unwrap();
    }
    let roles: i64 = sqlx::query_scalar(
        "select count(*) from pg_roles
         where rolname ~ '^stevedore_' and not rolcanlogin and not rolsuper and not rolbypassrls",
    )
    .fetch_one(&mut session)
    .await
    .unwrap();
    assert_eq!(roles, 5);
}

#[tokio::test]
async fn an_owner_without_the_right_to_make_roles_is_told_which_to_ask_for() {
    let (server, mut session) = fresh_server().await;
    run(
        &mut session,
        &[
            "create role keeper login",
            "create database shop owner keeper",
        ],
    )
    .await;
    let url = url_of(&server, "keeper", "shop");
    let refused = install(&url, InstallOptions::default()).await.unwrap_err();
    let said = format!("{refused}");
    assert!(said.contains("create role stevedore_api"), "{said}");

    // With the roles there, no special right is needed, and the owner can run everything.
    for role in ["api", "worker", "admin", "analyst", "customer"] {
        run(&mut session, &[&format!("create role stevedore_{role}")]).await;
    }
    install(&url, InstallOptions::default()).await.unwrap();
    let pool = PgPool::connect(url.expose_secret()).await.unwrap();
    Schema::embedded().check_installed(&pool).await.unwrap();
    let order_id: i64 = sqlx::query_scalar(
        "with product as (
           insert into products (product_code, name) values ('P', 'P') returning product_id
         )
         insert into product_variants (product_id, sku, title, kind, price, currency)
         select product_id, 'P', 'P', 'physical', 100, 'GHS' from product
         returning variant_id",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(order_id > 0);
    let status: String = sqlx::query_scalar(
        r#"select order_status from create_order('{
             "payment_method": "cod", "currency": "GHS", "customer": {"name": "X"},
             "shipping_address":
               {"recipient": "X", "address": "1", "city": "C", "country": "GH"},
             "lines": [{"sku": "P", "quantity": 1}]}')"#,
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(
        ["confirmed", "processing"].contains(&status.as_str()),
        "{status}"
    );
    let partitions: Vec<String> = sqlx::query_scalar("select queue.maintain_partitions()")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(!partitions.is_empty());
    pool.close().await;
    session.close().await.unwrap();
}

#[tokio::test]
async fn a_login_that_is_a_member_of_a_role_works_as_it() {
    let (server, mut session) = fresh_server().await;
    run(&mut session, &["create database shop"]).await;
    install(
        &url_of(&server, "postgres", "shop"),
        InstallOptions::default(),
    )
    .await
    .unwrap();
    run(
        &mut session,
        &["create role api_1 login in role stevedore_api"],
    )
    .await;
    let pool = PgPool::connect(url_of(&server, "api_1", "shop").expose_secret())
        .await
        .unwrap();
    Schema::embedded().check_installed(&pool).await.unwrap();
    let keys: i64 = sqlx::query_scalar("select count(*) from api_keys")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(keys, 0);
    let refused = sqlx::query("insert into api_keys (key_id) values ('x')");
    assert!(refused.execute(&pool).await.is_err());
    pool.close().await;
    session.close().await.unwrap();
}
