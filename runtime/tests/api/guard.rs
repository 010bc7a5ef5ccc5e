//! Who may ask at all.

use reqwest::Method;

use crate::daemon::Daemon;

#[tokio::test]
async fn foreign_pages_and_foreign_names_are_refused() {
    let daemon = Daemon::start();
    let get = |header: &'static str, value: &'static str| {
        daemon.call(daemon.request(Method::GET, "/api/apps").header(header, value))
    };
    let (status, body) = get("origin", "http://evil.example").await;
    assert_eq!(status, 403);
    assert_eq!(body["error"]["message"], "pages of 'http://evil.example' may not use this API");
    assert_eq!(get("host", "evil.example:3002").await.0, 403);
    assert_eq!(get("origin", "http://localhost:5173").await.0, 200);
    assert_eq!(get("host", "localhost:3002").await.0, 200);
}

#[tokio::test]
async fn a_foreign_page_gets_no_websocket_and_no_health() {
    use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};
    let daemon = Daemon::start();
    let address = daemon.http.replace("http", "ws") + "/api/ws";
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403),
        other => panic!("{other:?}"),
    }
    let health = reqwest::Client::new().get(format!("{}/health", daemon.health));
    let answer = health.header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_shape_of_every_error() {
    let daemon = Daemon::start();
    let (status, body) = daemon.get("/api/nothing").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &"no_such_address".into()));
    let (status, body) = daemon.call(daemon.request(Method::DELETE, "/api/apps")).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (405, &"wrong_method".into()));
    let (status, body) = daemon.get("/api/apps/nobody").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &"unknown_app".into()));
    let (status, body) = daemon.post("/api/apps/nobody/start").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &"unknown_app".into()));
    let (status, body) = daemon.post("/api/apps/..%2Fetc/start").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &"invalid_app_id".into()));
    let (status, body) = daemon.post("/api/apps/nobody/dance").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &"no_such_address".into()));
    let (status, _) = daemon.get("/api/apps/nobody/logs?tail=many").await;
    assert_eq!(status, 400);
}
