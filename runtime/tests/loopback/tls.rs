//! A server that cannot be trusted is not asked, and not tried again; one that can be says where an answer
//! ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair, date_time_ymd};
use runtime::{Method, http_client_builder, reqwest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};

use crate::calls::{Shape, builder, call, kind, shown};
use crate::server::{json as json_answer, until_close};

/// Does the same with every connection. Returns the port, and how many there were.
async fn listen<F: Future + Send>(
    greet: impl Fn(TcpStream) -> F + Send + 'static,
) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            seen.fetch_add(1, Ordering::SeqCst);
            greet(connection).await;
        }
    });
    (port, count)
}

fn acceptor(certificate: &CertificateParams, issuer: &CertifiedIssuer<'_, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let certificate = certificate.signed_by(&key, issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()));
    let mut config = config.unwrap();
    // As most servers do; the client decides.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate(host: &str) -> CertificateParams {
    CertificateParams::new(vec![host.to_owned()]).unwrap()
}

/// An HTTP client that trusts `issuer` alone.
fn trusting(issuer: &CertifiedIssuer<'_, KeyPair>) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_der(issuer.der()).unwrap();
    http_client_builder().no_proxy().tls_certs_only([trusted]).build().unwrap()
}

#[tokio::test]
async fn servers_that_cannot_be_trusted() {
    let (known, unknown) = (issuer("known"), issuer("unknown"));
    let mut expired = certificate("localhost");
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let mut early = certificate("localhost");
    early.not_before = date_time_ymd(4000, 1, 1);
    let table = [
        ("good", certificate("localhost"), &known, "transport", 3, ""),
        ("unknown issuer", certificate("localhost"), &unknown, "tls", 1, "UnknownIssuer"),
        ("expired", expired, &known, "tls", 1, "expired"),
        ("not yet valid", early, &known, "tls", 1, "not valid yet"),
        ("another host", certificate("other.example"), &known, "tls", 1, "not valid for name"),
    ];
    let http = trusting(&known);
    for (name, certificate, issuer, expected, attempts, text) in table {
        let acceptor = acceptor(&certificate, issuer);
        let (port, count) = listen(move |connection| {
            let handshake = acceptor.accept(connection);
            async { drop(handshake.await) }
        })
        .await;
        let client = builder(format!("https://localhost:{port}")).http_client(http.clone()).build().unwrap();
        let result = call(&client, Method::GET, Shape::Json).await;
        assert_eq!((kind(&result), count.load(Ordering::SeqCst)), (expected, attempts), "{name}: {result:?}");
        let error = result.unwrap_err();
        assert!(shown(&error).contains(text), "{name}: {}", shown(&error));
        assert!(error.operation().is_some(), "{name}: {error:?}");
        assert_eq!(
            (error.is_connect(), error.is_transient()),
            (expected == "tls", expected != "tls"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn servers_without_tls() {
    let plain = listen(|mut connection| async move {
        let _ = connection.read(&mut [0; 4096]).await.unwrap();
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    })
    .await;
    let gone = listen(|connection| async { drop(connection) }).await;
    // Who hangs up may be back soon.
    for ((port, count), expected, attempts) in [(plain, "tls", 1), (gone, "connect", 3)] {
        let client = builder(format!("https://127.0.0.1:{port}")).build().unwrap();
        let result = call(&client, Method::POST, Shape::Json).await;
        assert_eq!((kind(&result), count.load(Ordering::SeqCst)), (expected, attempts), "{result:?}");
    }
}

/// Calls that share a connection would not close it when one of them is dropped. Any crate in a build can switch HTTP/2
/// on for all.
#[tokio::test]
async fn every_call_speaks_http_1() {
    let known = issuer("known");
    let acceptor = acceptor(&certificate("localhost"), &known);
    let (chosen, mut choices) = tokio::sync::mpsc::unbounded_channel();
    let (port, _) = listen(move |connection| {
        let (handshake, chosen) = (acceptor.accept(connection), chosen.clone());
        async move {
            let mut connection = handshake.await.unwrap();
            chosen.send(connection.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)).unwrap();
            let _ = connection.read(&mut [0; 4096]).await.unwrap();
            connection.write_all(&json_answer("null")).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    })
    .await;
    let client = builder(format!("https://localhost:{port}")).http_client(trusting(&known)).build().unwrap();
    call(&client, Method::GET, Shape::Json).await.unwrap();
    let chosen = choices.recv().await.unwrap();
    assert_ne!(chosen.as_deref(), Some(&b"h2"[..]));
}

/// An answer without a length ends with its connection. Only TLS can tell whether that is where the server
/// ended it.
#[tokio::test]
async fn an_answer_without_a_length_is_whole_if_the_server_says_so() {
    let known = issuer("known");
    for (says_so, expected) in [(true, "ok"), (false, "transport")] {
        for shape in [Shape::Text, Shape::Download] {
            let acceptor = acceptor(&certificate("localhost"), &known);
            let (port, _) = listen(move |connection| {
                let handshake = acceptor.accept(connection);
                async move {
                    let mut connection = handshake.await.unwrap();
                    let _ = connection.read(&mut [0; 4096]).await.unwrap();
                    connection.write_all(&until_close("text/csv")).await.unwrap();
                    connection.write_all(b"a,b,c").await.unwrap();
                    connection.flush().await.unwrap();
                    if says_so {
                        connection.shutdown().await.unwrap();
                    }
                }
            })
            .await;
            let client = builder(format!("https://localhost:{port}")).http_client(trusting(&known));
            let result = call(&client.build().unwrap(), Method::POST, shape).await;
            assert_eq!(kind(&result), expected, "{shape:?}: {result:?}");
        }
    }
}
