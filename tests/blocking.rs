//! The client that waits, against the mock, from threads without a runtime.

use maiagent::models::{CompletionRequest, MessageInput, NewMessage};
use maiagent::params::{ListConversations, ListMessages};
use maiagent::{Api, Client, Error, NotImplemented, OtherEvents, Response, Result, SignOfLife, blocking};
use maiagent_mock::Mock;
use std::future::Future;
use std::io::Read;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A mock on a thread of its own, until the test is over.
struct Elsewhere {
    client: blocking::Client,
    mock: mpsc::Receiver<Seen>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// What a test needs to know of the mock.
struct Seen {
    chatbot: maiagent::models::ChatbotId,
    inbox: maiagent::models::InboxId,
}

fn elsewhere() -> Elsewhere {
    let (send, receive) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let (send_mock, mock) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mock = Mock::builder().seed().start().await.unwrap();
            send.send((mock.url(), mock.key().to_owned())).unwrap();
            send_mock.send(Seen { chatbot: mock.chatbot_id(), inbox: mock.inbox_id() }).unwrap();
            let _: std::result::Result<(), _> = stopped.await;
            mock.stop().await;
        });
    });
    let (url, key) = receive.recv().unwrap();
    let client = Client::builder().api_key(key).base_url(url).build().unwrap();
    Elsewhere { client: client.into(), mock, _stop: stop }
}

#[test]
fn answers_streams_pages_and_downloads_are_waited_for() {
    let Elsewhere { client, mock, _stop } = &elsewhere();
    let Seen { chatbot, inbox } = mock.recv().unwrap();
    let question = CompletionRequest::new(MessageInput::new("hello"));
    let answer = client.create_completion(&chatbot, &question).unwrap();
    assert!(answer.status().is_success());

    let mut events = client.stream_completion(&chatbot, &question).unwrap().into_body();
    let text: String = events.by_ref().map(|event| event.unwrap().content.unwrap_or_default()).collect();
    assert_eq!(text, answer.content);
    assert!(events.next().is_none());

    let conversations: Vec<_> =
        client.all_conversations(&ListConversations::new(&inbox)).collect::<Result<_>>().unwrap();
    assert!(!conversations.is_empty());
    let mut pages = client.all_messages(&ListMessages::new(conversations[0].id.clone()));
    let first = pages.next_page().unwrap().unwrap();
    let all = client.all_messages(&ListMessages::new(conversations[0].id.clone())).count();
    assert!(first.items.len() <= all && all > 0);

    let export = || client.export_records(&chatbot).unwrap();
    let mut read = Vec::new();
    export().into_body().read_to_end(&mut read).unwrap();
    assert_eq!(read, export().into_body().bytes().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let saved = export().into_body().save_in(folder.path()).unwrap();
    assert_eq!(std::fs::read(saved).unwrap(), read);
}

/// What an event stream and a download can be told takes them by value, which no reference gives.
#[test]
fn streams_and_downloads_have_their_settings() {
    let Elsewhere { client, mock, _stop } = &elsewhere();
    let Seen { chatbot, .. } = mock.recv().unwrap();
    let question = CompletionRequest::new(MessageInput::new("hello"));
    let events = client.stream_completion(&chatbot, &question).unwrap().into_body();
    let events = events
        .with_other_events(OtherEvents::Refuse)
        .with_max_silence(Duration::from_secs(60), SignOfLife::Event);
    assert!(events.collect::<Result<Vec<_>>>().unwrap().len() > 1);

    let export = || client.export_records(&chatbot).unwrap().into_body();
    let error = export().with_limit(10).bytes().unwrap_err();
    assert!(matches!(&error, Error::TooLarge(error) if error.limit() == 10), "{error:?}");
    let (send, receive) = mpsc::channel();
    let folder = tempfile::tempdir().unwrap();
    let export =
        export().with_file_name("mine").on_progress(move |progress| send.send(progress.received).unwrap());
    let saved = export.save_in(folder.path()).unwrap();
    assert_eq!(saved, folder.path().join("mine"));
    assert_eq!(receive.iter().last(), Some(std::fs::metadata(saved).unwrap().len()));
}

#[test]
fn many_threads_share_one_client() {
    let Elsewhere { client, mock, _stop } = &elsewhere();
    let Seen { chatbot, .. } = mock.recv().unwrap();
    thread::scope(|scope| {
        for number in 0..16 {
            let chatbot = &chatbot;
            scope.spawn(move || {
                let question = CompletionRequest::new(MessageInput::new(format!("question {number}")));
                let events = client.stream_completion(chatbot, &question).unwrap().into_body();
                let text: String = events.map(|event| event.unwrap().content.unwrap_or_default()).collect();
                assert!(text.contains(&format!("question {number}")), "{text}");
            });
        }
    });
}

#[tokio::test]
async fn inside_of_a_runtime_a_call_fails_before_anything_is_sent() {
    let mock = Mock::start().await.unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
    let waiting = blocking::Client::from(client);
    let message = NewMessage::new("c1");
    let failed = [
        waiting.create_message(&message).map(drop),
        waiting.all_messages(&ListMessages::new("c1")).next().unwrap().map(drop),
    ];
    for failed in failed {
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("inside of an async runtime"), "{text}");
    }
    let waiting = waiting.clone();
    let elsewhere = tokio::task::spawn_blocking(move || waiting.create_message(&message).map(drop));
    assert!(matches!(elsewhere.await.unwrap(), Err(Error::Config { .. })));
    assert!(mock.requests().is_empty());
}

/// Whoever passes errors over, as `flatten` does, must come to an end.
#[test]
fn iterators_end_after_an_error_inside_of_a_runtime_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut events = runtime::blocking::Events::from(runtime::EventStream::<String>::from_iter([
        "a".to_owned(),
        "b".to_owned(),
    ]));
    let mut items = runtime::blocking::Items::from(runtime::Items::from_iter([1, 2, 3]));
    let mut pages = runtime::blocking::Items::from(runtime::Items::from_iter([1, 2, 3]));
    let mut file = runtime::blocking::Download::from(runtime::Download::from_bytes("abc"));
    assert_eq!((events.next().unwrap().unwrap().as_str(), items.next().unwrap().unwrap()), ("a", 1));
    runtime.block_on(async {
        assert_eq!(events.by_ref().take(9).filter(Result::is_err).count(), 1);
        assert_eq!(items.by_ref().take(9).filter(Result::is_err).count(), 1);
        assert!(pages.next_page().is_err() && file.chunk().is_err());
    });
    assert!(events.next().is_none() && items.next().is_none());
    assert!(pages.next_page().unwrap().is_none() && file.chunk().unwrap().is_none());
}

/// A panic there would end the process.
#[test]
fn a_call_behind_the_end_of_its_thread_is_an_error() {
    struct Last(mpsc::Sender<Result<()>>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.send(runtime::blocking::wait(async { Ok(()) })).unwrap();
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        LAST.set(Some(Last(send)));
        // The values of a thread end in reverse order: those of the runtime before this one.
        runtime::blocking::wait(async { Ok(()) }).unwrap();
    });
    thread.join().unwrap();
    let error = receive.recv().unwrap().unwrap_err();
    assert!(matches!(&error, Error::Config { .. }), "{error:?}");
}

/// A fake can wait, too, and so code over any implementation is tested without a server.
#[test]
fn a_fake_answers_through_the_same_methods() {
    #[derive(Clone)]
    struct Fake;
    impl Api for Fake {
        fn create_message(
            &self,
            _: &NewMessage,
        ) -> impl Future<Output = Result<Response<maiagent::models::MessageReceipt>>> + Send {
            NotImplemented::new("fake")
        }
    }
    let fake = blocking::Client::from(Fake);
    let error = fake.create_message(&NewMessage::new("c1")).unwrap_err();
    assert!(matches!(error, Error::NotImplemented { .. }), "{error}");
}
