//! Redirects are errors, whoever notices them.

use runtime::{Error, Method};

use crate::calls::{SHAPES, Shape, builder, call, client, shown};
use crate::server::{Server, answer, json as json_answer};

#[tokio::test]
async fn redirects_are_never_followed() {
    let other = Server::fixed(json_answer("null")).await;
    let mut runs = 0;
    for status in [301, 302, 303, 307, 308] {
        let places = [
            (format!("{}/x?canary", other.url()), Some(format!("127.0.0.1:{}", other.port()))),
            (format!("//localhost:{}/", other.port()), Some(format!("localhost:{}", other.port()))),
            ("https://user:canary@other.example/".to_owned(), Some("other.example".to_owned())),
            ("https://".to_owned(), None),
            (String::new(), None),
        ];
        for (place, host) in places {
            let location = if place.is_empty() { String::new() } else { format!("location: {place}\r\n") };
            let server = Server::fixed(answer(status, &location, "")).await;
            let client = client(server.url());
            for shape in SHAPES {
                for method in [Method::GET, Method::POST] {
                    let error = call(&client, method, shape).await.unwrap_err();
                    shown(&error);
                    let Error::Redirect(redirect) = &error else { panic!("{error:?}") };
                    assert_eq!(
                        (redirect.status().as_u16(), redirect.host()),
                        (status, host.as_deref()),
                        "{place}"
                    );
                    runs += 1;
                }
            }
            assert_eq!(server.requests().len(), SHAPES.len() * 2, "{place}");
        }
    }
    println!("{runs} runs");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_client_that_follows_redirects_is_noticed() {
    let other = Server::fixed(json_answer("null")).await;
    let server = Server::fixed(answer(302, &format!("location: {}/x\r\n", other.url()), "")).await;
    let http = runtime::http_client_builder()
        .redirect(runtime::reqwest::redirect::Policy::limited(5))
        .build()
        .unwrap();
    let client = builder(server.url()).http_client(http).build().unwrap();
    let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
    let host = format!("127.0.0.1:{}", other.port());
    assert!(matches!(&error, Error::Redirect(redirect) if redirect.host() == Some(&host)), "{error:?}");
}
