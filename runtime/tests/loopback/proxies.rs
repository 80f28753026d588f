//! Who is asked in place of the server.

use std::process::Command;

use runtime::{CallOptions, Client, Error, Method, RetryPolicy};

use crate::calls::{KEY, Sample, builder, client};
use crate::server::{Server, json as json_answer};

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
    let variables = [("HTTP_PROXY", proxy.url()), ("TARGET", target), ("NO_PROXY", "test".to_owned())];
    assert!(tokio::task::block_in_place(|| in_a_process("proxies::calls_the_target", &variables)));
    assert_eq!(proxy.requests().len(), 1);
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
    assert!(matches!(error, Error::Config(_)) && error.to_string().contains("service.test"), "{error:?}");
    let error = plain.request(Method::GET, "/").receive_empty().await.unwrap_err();
    assert!(matches!(error, Error::MissingCredential { .. }), "{error:?}");
    keyed.request(Method::GET, "/").receive_empty().await.unwrap();
}
