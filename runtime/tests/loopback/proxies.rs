//! Who is asked in place of the server.

use std::process::Command;
use std::sync::{Arc, Mutex};

use runtime::{CallOptions, Client, Error, Method, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::calls::{KEY, Sample, builder, client, shown};
use crate::server::{Server, Step, answer, free_port, json as json_answer};

/// The environment belongs to a process, so each of these is one.
fn in_a_process(test: &str, variables: &[(&str, String)]) -> bool {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", test, "--ignored"]);
    for (name, value) in variables {
        process.env(name, value);
    }
    let output = process.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    output.status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_for_this_machine_goes_through_a_proxy() {
    let (proxy, server) =
        (Server::fixed(json_answer("null")).await, Server::fixed(json_answer("null")).await);
    for (variable, target) in [
        ("HTTP_PROXY", server.url()),
        ("http_proxy", server.url()),
        ("ALL_PROXY", server.url().replace("127.0.0.1", "localhost")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "api.localhost")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "localhost.")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "[::ffff:127.0.0.1]")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "0.0.0.0")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "127.1")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "API.localhost.")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "[::]")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "[::1]")),
        ("HTTP_PROXY", server.url().replace("127.0.0.1", "[::ffff:0.0.0.0]")),
    ] {
        let variables = [(variable, proxy.url()), ("TARGET", target.clone()), ("NO_PROXY", "x.test".into())];
        let test = "proxies::calls_the_target";
        assert!(tokio::task::block_in_place(|| in_a_process(test, &variables)), "{target}");
        assert_eq!(proxy.connections(), 0, "{variable} {target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_go_through_the_proxy_of_the_environment() {
    let proxy = Server::fixed(json_answer("null")).await;
    let target = "http://service.test/api".to_owned();
    let variables = [("HTTP_PROXY", proxy.url()), ("TARGET", target.clone())];
    assert!(tokio::task::block_in_place(|| in_a_process("proxies::calls_the_target", &variables)));
    assert!(
        proxy.requests()[0].line().starts_with("GET http://service.test/api/x"),
        "{:?}",
        proxy.requests()
    );
    for except in ["test", "*.test", "service.test:80", "other service.test"] {
        let variables =
            [("HTTP_PROXY", proxy.url()), ("TARGET", target.clone()), ("NO_PROXY", except.to_owned())];
        assert!(tokio::task::block_in_place(|| in_a_process("proxies::calls_the_target", &variables)));
        assert_eq!(proxy.requests().len(), 1, "{except}");
    }
}

/// A client of this machine may have to call others, such as a storage, and one of others a storage on this machine.
#[tokio::test]
async fn whom_a_call_goes_to_decides_about_the_proxy() {
    let (proxy, server) =
        (Server::fixed(json_answer("null")).await, Server::fixed(json_answer("null")).await);
    let elsewhere = "http://service.test/upload".to_owned();
    let here = server.url().replace("127.0.0.1", "localhost.");
    for base in [server.url(), "http://service.test".to_owned()] {
        let client = builder(base).retry(RetryPolicy::never()).proxy(proxy.url()).build().unwrap();
        // It may not be there: it matters who is asked.
        let _ = client.request_to(Method::POST, &here, "the storage").receive_empty().await;
        assert_eq!(proxy.requests().len(), 0);
        client.request_to(Method::POST, &elsewhere, "the storage").receive_empty().await.unwrap();
        assert_eq!(proxy.requests().len(), 1);
        proxy.forget();
    }
}

/// Speaks SOCKS 5 (RFC 1928 and 1929), wants a password, and stands for every target itself. Returns its port and who has asked
/// for what.
async fn socks(is_open: bool) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, asked) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<String>>>::default());
    let log = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let log = log.clone();
            tokio::spawn(async move {
                let text = async |connection: &mut TcpStream| {
                    let length = connection.read_u8().await?;
                    let mut bytes = vec![0; length.into()];
                    connection.read_exact(&mut bytes).await?;
                    std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
                };
                assert_eq!(connection.read_u8().await?, 5);
                text(&mut connection).await?;
                connection.write_all(&[5, 2]).await?;
                assert_eq!(connection.read_u8().await?, 1);
                let (user, word) = (text(&mut connection).await?, text(&mut connection).await?);
                connection.write_all(&[1, u8::from(!is_open)]).await?;
                let mut request = [0; 4];
                connection.read_exact(&mut request).await?;
                assert_eq!(request, [5, 1, 0, 3], "a host with a name");
                let host = text(&mut connection).await?;
                let port = connection.read_u16().await?;
                log.lock().unwrap().push(format!("{user} {word} {host}:{port}"));
                connection.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(connection.read_u8().await?);
                }
                connection.write_all(&json_answer("null")).await
            });
        }
    });
    (port, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_may_speak_socks() {
    let (port, asked) = socks(true).await;
    let url = format!("socks5h://user:word@127.0.0.1:{port}");
    let client = builder("http://service.test").proxy(&*url).build().unwrap();
    client.request(Method::GET, "/").receive_empty().await.unwrap();
    let target = "http://service.test:81".to_owned();
    let variables = [("ALL_PROXY", url), ("TARGET", target)];
    assert!(tokio::task::block_in_place(|| in_a_process("proxies::calls_the_target", &variables)));
    assert_eq!(*asked.lock().unwrap(), ["user word service.test:80", "user word service.test:81"]);
}

#[tokio::test]
async fn passwords_of_proxies_stay_out_of_errors() {
    let refusing = Server::fixed(answer(407, "proxy-authenticate: Basic realm=\"a\"\r\n", "canary")).await;
    let breaking = Server::start(|_, _| vec![Step::Close]).await;
    let (socks, _) = socks(false).await;
    let places = [
        format!("http://canary-user:canary-word@127.0.0.1:{}", refusing.port()),
        format!("http://canary-user:canary-word@127.0.0.1:{}", breaking.port()),
        format!("https://canary-user:canary-word@127.0.0.1:{}", breaking.port()),
        format!("http://canary-user:canary-word@127.0.0.1:{}", free_port()),
        "http://canary-user:canary-word@proxy.invalid".to_owned(),
        format!("socks5h://canary-user:canary-word@127.0.0.1:{socks}"),
        format!("socks5://canary-user:canary-word@127.0.0.1:{}", breaking.port()),
        format!("socks4a://canary-user:canary-word@127.0.0.1:{}", free_port()),
    ];
    for proxy in places {
        for base in ["http://service.test", "https://service.test"] {
            let client = builder(base).proxy(&*proxy).retry(RetryPolicy::never()).build().unwrap();
            shown(&client.request(Method::GET, "/").receive_empty().await.unwrap_err());
            assert!(!format!("{client:?}").contains("canary"), "{client:?}");
        }
    }
}

/// Run by others, in a process of its own.
#[tokio::test]
#[ignore = "needs the environment that other tests make"]
async fn calls_the_target() {
    let client = client(std::env::var("TARGET").unwrap());
    let client = client.with(CallOptions::new().retry(RetryPolicy::never()));
    // It may not be there: it matters who is asked.
    let _ = client.request(Method::GET, "/x").receive_empty().await;
}

#[tokio::test]
async fn a_key_is_not_shown_to_everybody_on_the_way() {
    let server = Server::fixed(json_answer("null")).await;
    let plain = Client::<Sample>::builder().base_url("http://service.test").build().unwrap();
    let keyed = Client::<Sample>::builder().api_key(KEY).base_url(server.url()).build().unwrap();
    // A server of an operation's own is a place to send a key to, too.
    const OWN: &[runtime::Server] = &[runtime::Server::new("http://service.test/api")];
    let listed = Client::<Sample>::builder().api_key(KEY).build().unwrap();
    let error = listed.request(Method::GET, "/").servers(OWN).receive_empty().await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }) && error.to_string().contains("service.test"), "{error:?}");
    assert!(error.to_string().starts_with("GET /: the credential") && error.operation().is_some(), "{error}");
    let error = plain.request(Method::GET, "/").receive_empty().await.unwrap_err();
    assert!(matches!(error, Error::MissingCredential { .. }), "{error:?}");
    keyed.request(Method::GET, "/").receive_empty().await.unwrap();
}
