//! Keys, values and bodies stay out of errors and of the log.

use runtime::wire::Value;
use runtime::{Client, Method, RetryPolicy};

use crate::calls::{KEY, SHAPES, Sample, TEXT, call, client, shown};
use crate::server::{Server, Step, answer};

#[tokio::test]
async fn error_answers_are_for_code_not_for_logs() {
    let body = format!(r#"{{"detail":"{TEXT}"}}"#);
    let server =
        Server::fixed(answer(401, "content-type: application/json\r\nset-cookie: a=canary\r\n", &body)).await;
    for shape in SHAPES {
        let error = call(&client(server.url()), Method::POST, shape).await.unwrap_err();
        assert!(
            shown(&error).starts_with("POST /things/{id}/: 401 Unauthorized (check the API key"),
            "{error}"
        );
        let api = error.api().unwrap();
        assert_eq!(api.json::<Value>().unwrap()["detail"], TEXT);
        assert!(api.headers().contains_key("set-cookie"));
    }
    assert_eq!(server.requests().len(), SHAPES.len());
}

#[tokio::test]
async fn secrets_in_queries_stay_out_of_errors() {
    let key_in_query = |url: String| {
        Client::<Sample>::builder()
            .credential("Query", KEY)
            .base_url(url)
            .retry(RetryPolicy::never())
            .build()
            .unwrap()
    };
    let reset = Server::start(|_, _| vec![Step::Reset]).await;
    let refused = "http://127.0.0.1:1".to_owned();
    for url in [refused, reset.url()] {
        let client = key_in_query(url);
        let request = client.request(Method::GET, "/").auth(&[&["Query"]]).query("q", TEXT);
        assert!(!format!("{request:?} {client:?}").contains("canary"));
        shown(&request.receive_empty().await.unwrap_err());
    }
    assert!(reset.requests()[0].target().contains(KEY), "it was sent");
}

#[cfg(feature = "tracing")]
mod tracing_events {
    use super::*;
    use crate::calls::builder;
    use crate::server::json as json_answer;
    use std::fmt::{Debug, Write as _};
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    /// Writes down every event of this crate and of those below it.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    struct Line<'a>(&'a mut String);

    impl Visit for Line<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, attributes: &Attributes<'_>) -> Id {
            attributes.record(&mut Line(&mut self.0.lock().unwrap()));
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, values: &Record<'_>) {
            values.record(&mut Line(&mut self.0.lock().unwrap()));
        }
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut text = self.0.lock().unwrap();
            writeln!(text).unwrap();
            event.record(&mut Line(&mut text));
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[tokio::test]
    async fn attempts_are_told_without_secrets() {
        let body = format!("{{\"detail\":\"{TEXT}\"}}");
        let server = Server::start(move |number, _| {
            vec![Step::Send(if number == 0 { answer(503, "", &body) } else { json_answer("null") })]
        })
        .await;
        let log = Log::default();
        // With one subscriber alone, a thread without any could switch an event off for all.
        let _second = tracing::Dispatch::new(Log::default());
        let guard = tracing::subscriber::set_default(log.clone());
        let client = builder(server.url()).credential("Query", KEY).build().unwrap();
        let request = client.request(Method::GET, "/a/{id}").path("id", TEXT).auth(&[&["Key", "Query"]]);
        request.query("q", TEXT).receive_empty().await.unwrap();
        drop(guard);
        let text = log.0.lock().unwrap().clone();
        assert!(
            text.contains("attempt failed, will be repeated") && text.contains("url.template=\"/a/{id}\""),
            "{text}"
        );
        assert!(text.contains("attempt succeeded") && !text.contains("canary"), "{text}");
    }
}
