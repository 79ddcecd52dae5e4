//! The document about the API.

use serde_json::Value;
use stevedore_enqueue_api::problem::Kind;

use crate::support::Api;

#[tokio::test]
async fn the_document_changes_only_on_purpose() {
    let api = Api::new().await;
    let mut document = api.get("/api/openapi.json").await.body;
    document["info"]["version"] = "[release]".into();
    insta::assert_json_snapshot!(document);
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_every_operation_says_how_it_is_refused() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    assert_eq!(document["openapi"], "3.1.0");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["operationId"].is_string(), "{name}");
            assert!(operation["summary"].is_string(), "{name}");
            let rooms = [
                "/v1/",
                "/api/admin/",
                "/api/orders",
                "/api/dropship/",
                "/api/tracking",
                "/api/notifications",
                "/api/realtime/",
            ];
            // Whoever holds a link needs no key, and webhooks prove themselves.
            let is_proven = ["/v1/webhooks/", "/v1/track/", "/v1/unsubscribe/"]
                .iter()
                .any(|room| path.starts_with(room));
            let versioned = !is_proven && rooms.iter().any(|room| path.starts_with(room));
            assert_eq!(operation["security"].is_array(), versioned, "{name}");
            if versioned {
                for status in ["401", "403", "500", "503"] {
                    let response = &operation["responses"][status];
                    let problem = &response["content"]["application/problem+json"];
                    assert!(problem["examples"].is_object(), "{name} {status}");
                }
            }
            // Webhooks prove themselves, and their bodies are their senders' own.
            let is_webhook = path.contains("/webhooks/");
            if operation["requestBody"].is_object() {
                let statuses: &[&str] = match is_webhook {
                    true => &["400", "404", "408", "413"],
                    false => &["400", "408", "413", "415", "422"],
                };
                for status in statuses {
                    assert!(
                        operation["responses"][*status].is_object(),
                        "{name} {status}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn every_operation_shows_what_it_takes_and_what_it_answers() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    let shows = |content: &Value| {
        let schema = &content["schema"];
        let schema = schema["oneOf"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["$ref"].is_string()))
            .unwrap_or(schema);
        let referred = schema["$ref"]
            .as_str()
            .unwrap_or("#")
            .trim_start_matches('#');
        let referred = document.pointer(referred).unwrap();
        let is_shown = |value: &Value| value.get("example").or(value.get("examples")).is_some();
        is_shown(content) || is_shown(schema) || is_shown(referred)
    };
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let taken = operation["requestBody"]["content"].as_object();
            for (kind, content) in taken.into_iter().flatten() {
                assert!(shows(content), "{method} {path} takes {kind}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"]["application/json"];
                let shown = content.is_null() || shows(content);
                assert!(shown, "{method} {path} answers {status}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_to_try_it_out_needs_nothing_from_the_internet() {
    let api = Api::new().await;
    let page = api.get("/api/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        !page.text.contains("https://") && !page.text.contains("http://"),
        "{}",
        page.text
    );
    for asset in [
        "swagger-ui-bundle.js",
        "swagger-ui.css",
        "swagger-initializer.js",
    ] {
        let answer = api.get(&format!("/api/docs/{asset}")).await;
        assert_eq!(answer.status, 200, "{asset}");
    }
    let initializer = api.get("/api/docs/swagger-initializer.js").await;
    assert!(initializer.text.contains("/api/openapi.json"));
}

#[tokio::test]
async fn every_kind_of_problem_is_documented_at_its_type() {
    let api = Api::new().await;
    let list = api.get("/api/problems").await.body;
    assert_eq!(list.as_array().unwrap().len(), Kind::ALL.len());
    for entry in list.as_array().unwrap() {
        let one = api.get(entry["type"].as_str().unwrap()).await;
        assert_eq!(&one.body, entry);
    }
    for path in ["/api/problems/nonsense", "/api/problems/%ff"] {
        assert_eq!(api.get(path).await.problem(), (404, "problem_not_found"));
    }
}

#[tokio::test]
async fn no_reference_in_the_document_leads_nowhere() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                references.push(reference.clone());
            }
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}
