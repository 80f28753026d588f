//! Redirects are never followed: the key, and with some statuses the body, would go to a place that the server chose.

use crate::operations::CALLS;
use crate::raw::{self, Raw};
use maiagent::runtime::{http_client_builder, reqwest};
use maiagent::{Client, Error};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};

const KEY: &str = "canary-key-redirects";

#[tokio::test]
async fn redirects_are_errors_and_nobody_is_visited() {
    let elsewhere = Raw::start(|_| raw::json("{}")).await;
    let port = elsewhere.address.port();
    let (acceptor, trusting) = tls();
    // Each answers with the redirect that the request's path begins with: /status/place/...
    let redirect = move |request: &str| {
        let mut parts = request.split('/').skip(1);
        let (status, place) = (parts.next().unwrap(), parts.next().unwrap());
        let own = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let location = match location(place, own, port) {
            Some(location) => format!("Location: {location}\r\n"),
            None => String::new(),
        };
        raw::answer(status.parse().unwrap(), &location, KEY)
    };
    let plain = Raw::start(redirect).await;
    let secure = Raw::start_tls(acceptor, redirect).await;

    let own = plain.address.to_string();
    let other = elsewhere.address.to_string();
    let table = [
        ("same-origin", Some(own.clone())),
        ("relative", Some(own)),
        ("other-port", Some(other.clone())),
        ("other-host", Some(format!("localhost:{port}"))),
        ("no-scheme", Some(other.clone())),
        ("with-user", Some(other.clone())),
        ("from-https", Some(other)),
        ("none", None),
        ("nonsense", None),
    ];
    let mut count = 0;
    for status in [301, 302, 303, 307, 308] {
        for (place, host) in &table {
            let base = match *place {
                "from-https" => format!("https://localhost:{}", secure.address.port()),
                _ => plain.url(),
            };
            let base = format!("{base}/{status}/{place}");
            let client = Client::builder().api_key(KEY).base_url(base).http_client(trusting.clone());
            let client = client.build().unwrap();
            for (name, call) in CALLS {
                let error = call(&client).await.unwrap_err();
                let shown = format!("{error} {error:?}");
                let Error::Redirect(redirect) = error else { panic!("{name} {status} {place}: {shown}") };
                assert_eq!(
                    (redirect.status().as_u16(), redirect.host()),
                    (status, host.as_deref()),
                    "{name}"
                );
                assert!(shown.contains(&status.to_string()) && !shown.contains("canary"), "{shown}");
                assert!(shown.contains(host.as_deref().unwrap_or("nowhere")), "{shown}");
                count += 1;
            }
        }
    }
    assert_eq!((plain.take().len() + secure.take().len(), elsewhere.connections()), (count, 0));
    println!("{count} redirects, none followed");
}

/// Where a server points to: `own` is its address, `port` another server's.
fn location(place: &str, own: &str, port: u16) -> Option<String> {
    Some(match place {
        "same-origin" => format!("http://{own}/canary?canary"),
        "relative" => "../elsewhere?canary=1".to_owned(),
        "other-port" | "from-https" => format!("http://127.0.0.1:{port}/canary?canary#canary"),
        "other-host" => format!("http://localhost:{port}/canary"),
        "no-scheme" => format!("//127.0.0.1:{port}/canary"),
        "with-user" => format!("http://canary:canary@127.0.0.1:{port}/"),
        "nonsense" => "http://[canary".to_owned(),
        _ => return None,
    })
}

/// What a server on localhost needs for TLS, and a client like the usual one that trusts it.
fn tls() -> (TlsAcceptor, reqwest::Client) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let trusted = reqwest::Certificate::from_der(made.cert.der()).unwrap();
    let client = http_client_builder().tls_certs_only([trusted]).build().unwrap();
    (TlsAcceptor::from(Arc::new(config)), client)
}
