//! The TCP port that asks for TLS and tokens, as outside clients see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the other tests")]
mod bench;
#[path = "broker/guarded.rs"]
mod guarded;

use std::{sync::Arc, time::Duration};

use bench::{actuate, by_path, float, publish, value};
use guarded::{Guarded, Issuer, claims, in_seconds};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use vehicle_edge_runtime::signals::proto::{v1, v2};

const SPEED: &str = "Vehicle.Speed";
const DOOR: &str = "Vehicle.Cabin.Door.IsOpen";

fn get(path: &str) -> v2::GetValueRequest {
    v2::GetValueRequest { signal_id: Some(by_path(path)) }
}

fn get_v1(path: &str) -> v1::GetRequest {
    let entry = v1::EntryRequest {
        path: path.to_owned(),
        view: v1::View::CurrentValue.into(),
        fields: Vec::new(),
    };
    v1::GetRequest { entries: vec![entry] }
}

fn subscribe(path: &str) -> v2::SubscribeRequest {
    v2::SubscribeRequest { signal_paths: vec![path.to_owned()], buffer_size: 0, filter: None }
}

fn code<T>(outcome: Result<T, Status>) -> Code {
    outcome.err().map_or(Code::Ok, |status| status.code())
}

/// What a stream that must end soon ends with.
async fn end<T>(mut stream: tonic::Streaming<T>) -> Status {
    let ended = async {
        loop {
            match stream.next().await {
                Some(Ok(_)) => {}
                Some(Err(status)) => return status,
                None => return Status::ok("ended"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.expect("the stream goes on")
}

#[tokio::test]
async fn over_tls_a_token_gives_what_its_scopes_say_and_no_more() {
    let guarded = Guarded::start(true).await;
    for issuer in [Issuer::ec(&guarded), Issuer::rsa()] {
        let token = issuer.token(&claims("read:Vehicle.Speed actuate:Vehicle.Cabin.** openid"));
        let mut client = guarded.v2(&token).await;
        assert_eq!(code(client.get_server_info(v2::GetServerInfoRequest {}).await), Code::Ok);
        assert_eq!(code(client.get_value(get(SPEED)).await), Code::Ok);
        // Who may set a target reads as well, as with Kuksa.
        assert_eq!(code(client.get_value(get(DOOR)).await), Code::Ok);
        let unavailable = client.actuate(actuate(DOOR, value(true))).await;
        assert_eq!(code(unavailable), Code::Unavailable);

        let denied = client.publish_value(publish(SPEED, float(1.0))).await.unwrap_err();
        assert_eq!(denied.code(), Code::PermissionDenied);
        assert!(denied.message().contains("the token of bob may not provide Vehicle.Speed"));
        assert_eq!(code(client.get_value(get("Vehicle.VIN")).await), Code::PermissionDenied);
        let stream = client.subscribe(subscribe("Vehicle.VIN")).await;
        assert_eq!(code(stream), Code::PermissionDenied);
        let metadata = v2::ListMetadataRequest::default();
        let listed = client.list_metadata(metadata).await.unwrap().into_inner().metadata;
        assert_eq!(listed.len(), 3, "{listed:?}");

        let mut client = guarded.v1(&token).await;
        let answer = client.get(get_v1(SPEED)).await.unwrap().into_inner();
        assert_eq!((answer.entries.len(), answer.errors.len()), (1, 0));
        let answer = client.get(get_v1("Vehicle.VIN")).await.unwrap().into_inner();
        assert_eq!(answer.error.unwrap().code, 403);
    }
}

#[tokio::test]
async fn each_token_that_is_refused_is_told_why_on_every_protocol() {
    let guarded = Guarded::start(false).await;
    let (issuer, stranger) = (Issuer::ec(&guarded), Issuer::stranger());
    let with = |changes: serde_json::Value| {
        let mut claims = claims("read");
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        format!("Bearer {}", issuer.token(&claims))
    };
    let secret = EncodingKey::from_secret(b"secret");
    let hmac = encode(&Header::new(Algorithm::HS256), &claims("read"), &secret).unwrap();
    for (authorization, expected) in [
        (None, "a token is needed here: send the metadata 'authorization: Bearer TOKEN'"),
        (Some("Basic Ym9iOmJvYg==".to_owned()), "is not of the form 'Bearer TOKEN'"),
        (Some("Bearer nothing".to_owned()), "the token is no JWT"),
        (Some(with(json!({"exp": in_seconds(-185)}))), "has expired 3 min ago: get a new one"),
        (Some(with(json!({"exp": null}))), "the token has no claim 'exp'"),
        (Some(with(json!({"nbf": in_seconds(3600)}))), "is not valid before 59 min"),
        (
            Some(with(json!({"aud": "other"}))),
            "the token's audience is 'other', not 'kuksa.val' ('aud')",
        ),
        (Some(with(json!({"scope": null}))), "the token has no claim 'scope'"),
        (
            Some(format!("Bearer {}", stranger.token(&claims("read")))),
            "no key of the broker has signed the token, which names the key 'strange' (--jwt-key)",
        ),
        (Some(format!("Bearer {hmac}")), "is signed with HS256: RS256 and ES256 are taken"),
    ] {
        let header = authorization.as_deref();
        let mut v2 = guarded.v2_with(header).await;
        let mut v1 = guarded.v1_with(header).await;
        let outcomes = [
            v2.get_server_info(v2::GetServerInfoRequest {}).await.map(drop),
            v2.get_value(get(SPEED)).await.map(drop),
            v2.subscribe(subscribe(SPEED)).await.map(drop),
            v1.get_server_info(v1::GetServerInfoRequest {}).await.map(drop),
            v1.get(get_v1(SPEED)).await.map(drop),
        ];
        for outcome in outcomes {
            let status = outcome.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{expected}");
            assert!(status.message().contains(expected), "{} / {expected}", status.message());
            let part = header.and_then(|header| header.split('.').next_back()).unwrap_or("none");
            assert!(!status.message().contains(part) || part.contains("nothing"), "{status}");
        }
    }
}

#[tokio::test]
async fn open_streams_end_when_their_token_expires() {
    let guarded = Guarded::start(true).await;
    let issuer = Issuer::ec(&guarded);
    let mut short = claims("read provide actuate");
    short["exp"] = json!(in_seconds(4));
    let token = issuer.token(&short);
    let (mut v2, mut v1) = (guarded.v2(&token).await, guarded.v1(&token).await);

    let values = v2.subscribe(subscribe(SPEED)).await.unwrap().into_inner();
    let mut provider = v2
        .open_provider_stream(tokio_stream::pending::<v2::OpenProviderStreamRequest>())
        .await
        .unwrap()
        .into_inner();
    let entry = v1::SubscribeEntry {
        path: SPEED.to_owned(),
        view: v1::View::CurrentValue.into(),
        fields: Vec::new(),
    };
    let entries = v1.subscribe(v1::SubscribeRequest { entries: vec![entry] }).await.unwrap();
    for status in [
        end(values).await,
        provider.next().await.unwrap().unwrap_err(),
        end(entries.into_inner()).await,
    ] {
        assert_eq!(status.code(), Code::Unauthenticated, "{status}");
        assert_eq!(status.message(), "the token of bob has expired: get a new one");
    }
    let status = v2.get_value(get(SPEED)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("the token has expired"), "{status}");
}

#[tokio::test]
async fn who_does_not_speak_tls_or_has_no_certificate_is_not_let_in() {
    let guarded = Guarded::start_mutual().await;
    let token = Issuer::ec(&guarded).token(&claims("read"));
    let channel = guarded.channel(guarded.with_certificate()).await.unwrap();
    let mut client = guarded::v2(channel, Some(&format!("Bearer {token}")));
    assert_eq!(code(client.get_value(get(SPEED)).await), Code::Ok);

    for config in [guarded.without_certificate(), guarded.with_strange_certificate()] {
        // With TLS 1.3 a client learns of it with its first answer.
        if let Ok(channel) = guarded.channel(config).await {
            let mut client = guarded::v2(channel, Some(&format!("Bearer {token}")));
            assert_ne!(code(client.get_value(get(SPEED)).await), Code::Ok);
        }
    }
    assert!(guarded.channel(guarded.without_trust()).await.is_err());
    let plain = tonic::transport::Endpoint::from_shared(format!("http://{}", guarded.address))
        .unwrap()
        .connect()
        .await;
    if let Ok(channel) = plain {
        let mut client = guarded::v2(channel, Some(&format!("Bearer {token}")));
        assert_ne!(code(client.get_value(get(SPEED)).await), Code::Ok);
    }
}

#[tokio::test]
async fn clients_that_stall_in_their_handshake_hold_up_nobody() {
    let guarded = Guarded::start(true).await;
    let token = Issuer::ec(&guarded).token(&claims("read"));
    let mut stalled = Vec::new();
    // More than handshakes run at a time.
    for _ in 0..600 {
        stalled.push(TcpStream::connect(guarded.address).await.unwrap());
    }
    let mut client = guarded.v2(&token).await;
    assert_eq!(code(client.get_value(get(SPEED)).await), Code::Ok);
    // The oldest were given up.
    let mut nothing = [0];
    let first = tokio::io::AsyncReadExt::read(&mut stalled[0], &mut nothing);
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), first).await.unwrap().ok(), Some(0));
}

#[tokio::test]
async fn certificates_and_keys_can_be_exchanged_while_clients_stay() {
    let mut guarded = Guarded::start(true).await;
    let (old, rsa) = (Issuer::ec(&guarded), Issuer::rsa());
    let mut gone = guarded.v2(&old.token(&claims("read"))).await;
    let mut stays = guarded.v2(&rsa.token(&claims("read"))).await;
    let ends = gone.subscribe(subscribe(SPEED)).await.unwrap().into_inner();

    let new = guarded.exchange_certificate_and_key();
    guarded.gate.reload().unwrap();
    assert_eq!(code(stays.get_value(get(SPEED)).await), Code::Ok);
    assert_eq!(end(ends).await.code(), Code::PermissionDenied);
    let refused = gone.get_value(get(SPEED)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);

    assert!(guarded.channel(guarded.with_former_trust()).await.is_err());
    let mut client = guarded.v2(&new.token(&claims("read"))).await;
    assert_eq!(code(client.get_value(get(SPEED)).await), Code::Ok);
}

#[tokio::test]
async fn many_requests_with_one_token_are_one_client() {
    let guarded = Guarded::start(false).await;
    let token: Arc<str> = Issuer::ec(&guarded).token(&claims("provide:Vehicle.Speed")).into();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut client = guarded.v2(&token).await;
        calls.spawn(async move {
            for speed in 0..50u8 {
                let request = publish(SPEED, float(f32::from(speed)));
                client.publish_value(request).await.unwrap();
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
}
