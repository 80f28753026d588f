//! Do certificates, proxies and the limits of the pool do what they say?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use runtime::{Client, ConfigError, Error, Method, RetryPolicy, http_client_builder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};

use crate::calls::{KEY, Sample, Shape, builder, call, client, kind, shown};
use crate::server::{Server, json as json_answer};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Key and certificate of a client.
fn identity(issuer: &Issuer) -> String {
    let mut params = CertificateParams::new(vec!["client.test".to_owned()]).unwrap();
    params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ClientAuth);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    format!("{}{}", certificate.pem(), key.serialize_pem())
}

/// A server for `localhost` that answers `null`. With `clients`, it asks for a certificate of theirs, and counts those
/// that have one.
async fn serve(issuer: &Issuer, clients: Option<&Issuer>) -> (String, Arc<AtomicUsize>) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, issuer).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let acceptor =
        TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let known = Arc::new(AtomicUsize::new(0));
    let count = known.clone();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let Ok(mut connection) = acceptor.accept(connection).await else { continue };
            let shown = connection.get_ref().1.peer_certificates().is_some();
            count.fetch_add(usize::from(shown), Ordering::SeqCst);
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(&json_answer("null")).await;
            let _ = connection.shutdown().await;
        }
    });
    (url, known)
}

#[tokio::test]
async fn roots_are_added_or_stand_alone() {
    let (known, other) = (issuer("known"), issuer("other"));
    let (url, _) = serve(&known, None).await;
    let both = format!("{}\n{}", other.pem(), known.pem());
    for (name, builder, expected) in [
        ("the system's", builder(&url), "tls"),
        ("added", builder(&url).add_root_certificates(known.pem()), "ok"),
        ("one of two", builder(&url).add_root_certificates(both), "ok"),
        (
            "added twice",
            builder(&url).add_root_certificates(known.pem()).add_root_certificates(other.pem()),
            "ok",
        ),
        ("alone", builder(&url).only_root_certificates(known.pem()), "ok"),
        ("another alone", builder(&url).only_root_certificates(other.pem()), "tls"),
    ] {
        let result = call(&builder.build().unwrap(), Method::GET, Shape::Json).await;
        assert_eq!(kind(&result), expected, "{name}: {result:?}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_servers_that_ask() {
    let (servers, clients, strangers) = (issuer("servers"), issuer("clients"), issuer("strangers"));
    let (url, known) = serve(&servers, Some(&clients)).await;
    let builder = || {
        let builder = builder(&url).only_root_certificates(servers.pem());
        builder.retry(RetryPolicy::never())
    };
    let good = builder().client_certificate(identity(&clients)).build().unwrap();
    call(&good, Method::POST, Shape::Json).await.unwrap();
    assert_eq!(known.load(Ordering::SeqCst), 1);
    for builder in [builder(), builder().client_certificate(identity(&strangers))] {
        let result = call(&builder.build().unwrap(), Method::POST, Shape::Json).await;
        assert_ne!(kind(&result), "ok");
    }
    assert_eq!(known.load(Ordering::SeqCst), 1);
    // A server that does not ask does not get to see it.
    let (url, known) = serve(&servers, None).await;
    let client = crate::calls::builder(url).only_root_certificates(servers.pem());
    call(&client.client_certificate(identity(&clients)).build().unwrap(), Method::POST, Shape::Json)
        .await
        .unwrap();
    assert_eq!(known.load(Ordering::SeqCst), 0);
}

#[test]
fn what_cannot_be_used_is_refused_and_never_shown() {
    let secret = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n";
    let http = http_client_builder().tls_certs_only([]).build().unwrap();
    let own = || builder("https://localhost");
    for (name, builder) in [
        ("no PEM", own().add_root_certificates("canary")),
        ("no certificate", own().only_root_certificates(secret)),
        ("no key", own().client_certificate(issuer("canary").pem())),
        ("broken key", own().client_certificate(secret)),
        ("no URL", own().proxy("canary")),
        ("another proxy", own().proxy("ftp://user:canary@proxy.test")),
        ("bypass alone", own().proxy_bypass("canary")),
        ("client and setting", own().proxy("http://user:canary@proxy.test").http_client(http)),
    ] {
        let debug = format!("{builder:?}");
        let error = builder.build().unwrap_err();
        let Error::Config { error: config, .. } = &error else { panic!("{name}: {error:?}") };
        assert!(matches!(**config, ConfigError::Connection { .. }), "{name}: {error:?}");
        assert!(!shown(&error).contains("canary") && !debug.contains("canary"), "{name}");
    }
    let good = own().proxy("http://user:canary@proxy.test").client_certificate(identity(&issuer("canary")));
    let builder = format!("{good:?}");
    assert!(!format!("{builder} {:?}", good.build().unwrap()).contains("canary"));
}

#[tokio::test]
async fn a_proxy_is_asked_for_all_but_what_goes_past_it() {
    let proxy = Server::fixed(json_answer("null")).await;
    let server = Server::fixed(json_answer("null")).await;
    let through = proxy.url().replace("http://", "http://user:pass@");
    let once = |url: &str| builder(url).retry(RetryPolicy::never());
    let ask = async |client: Client<Sample>| call(&client, Method::GET, Shape::Json).await;

    ask(once("http://service.test").proxy(&*through).build().unwrap()).await.unwrap();
    let request = proxy.requests().remove(0);
    assert!(request.line().starts_with("GET http://service.test/things/"), "{request:?}");
    assert_eq!(request.header("proxy-authorization"), Some("Basic dXNlcjpwYXNz"));
    assert!(request.header("authorization").unwrap().ends_with(KEY));

    // Names that do not exist are asked for directly.
    let past = once("http://service.test").proxy(&*through).proxy_bypass("other,.test").build().unwrap();
    assert_eq!(kind(&ask(past).await), "connect");
    for url in [server.url(), server.url().replace("127.0.0.1", "localhost")] {
        ask(once(&url).proxy(&*through).build().unwrap()).await.unwrap();
    }
    assert_eq!(kind(&ask(once("http://service.test").no_proxy().build().unwrap()).await), "connect");
    assert_eq!((proxy.requests().len(), server.requests().len()), (1, 2));
}

#[tokio::test]
async fn the_pool_keeps_what_it_may() {
    let few = Duration::from_millis(30);
    for (name, limit, expected) in [
        ("as ever", None, 1),
        ("none", Some((0, Duration::from_secs(9))), 2),
        ("for a short time", Some((9, few)), 2),
    ] {
        let server = Server::fixed(json_answer("null")).await;
        let builder = builder(server.url());
        let client = match limit {
            None => builder,
            Some((count, time)) => builder.max_idle_connections(count).idle_timeout(time),
        };
        let client = client.build().unwrap();
        call(&client, Method::GET, Shape::Json).await.unwrap();
        tokio::time::sleep(5 * few).await;
        call(&client, Method::GET, Shape::Json).await.unwrap();
        assert_eq!(server.connections(), expected, "{name}");
    }
}

/// The system's own list of connections has their timers.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_system_asks_whether_the_other_side_is_there() {
    let timer = |server: &Server| {
        let port = format!("0100007F:{:04X}", server.port());
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let line = table.lines().map(fields).find(|fields| fields[2] == port && fields[3] == "01").unwrap();
        line[5].clone()
    };
    for (after, expected) in [(None, "00:"), (Some(Duration::from_secs(700)), "02:00011")] {
        let server = Server::fixed(json_answer("null")).await;
        let client = builder(server.url()).tcp_keepalive(after).build().unwrap();
        call(&client, Method::GET, Shape::Json).await.unwrap();
        assert!(timer(&server).starts_with(expected), "{after:?}: {}", timer(&server));
    }
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    call(&client, Method::GET, Shape::Json).await.unwrap();
    assert!(timer(&server).starts_with("02:00000"), "within 41 seconds: {}", timer(&server));
}
