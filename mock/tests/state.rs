//! The tables through the generated trait, without HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, deprecated, missing_docs)]

use std::io::Cursor;
use std::time::{Duration, Instant};

use calamine::{Data, Reader, Xlsx};
use maiagent::models::*;
use maiagent::params::*;
use maiagent::wire::Nullable;
use maiagent::{Api, ErrorBody};
use maiagent_mock::State;

fn state() -> State {
    State::new(Duration::ZERO)
}

fn ask(text: &str) -> CompletionRequest {
    CompletionRequest::new(MessageInput::new(text))
}

async fn complete(state: &State, request: &CompletionRequest) -> Completion {
    state.create_completion(&state.chatbot_id(), request).await.unwrap().into_body()
}

async fn messages(state: &State, conversation: &ConversationId) -> Vec<Message> {
    state.all_messages(&ListMessages::new(conversation)).into_vec().await.unwrap()
}

fn contents(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.content.as_deref().unwrap()).collect()
}

#[track_caller]
fn assert_not_found<T>(result: maiagent::Result<T>, expected: &str) {
    let error = result.err().unwrap();
    assert_eq!(error.status().unwrap(), 404);
    let Some(ErrorBody::ErrorDetail(body)) = ErrorBody::from_error(&error) else { panic!("{error:?}") };
    assert_eq!(body.detail, expected);
}

#[tokio::test]
async fn a_completion_starts_a_conversation_unless_it_names_one() {
    let state = state();
    let mut empty = ask("b");
    empty.conversation = Nullable::Value("".into());
    let mut conversations = Vec::new();
    for request in [ask("a"), empty, ask("c").conversation_null()] {
        let answer = complete(&state, &request).await;
        assert_eq!(answer.done, Some(true));
        assert_eq!(messages(&state, &answer.conversation_id).await.len(), 2);
        conversations.push(answer.conversation_id);
    }
    conversations.dedup();
    assert_eq!(conversations.len(), 3);

    let again = complete(&state, &ask("d").conversation(&conversations[0])).await;
    assert_eq!(again.conversation_id, conversations[0]);
    assert!(again.content.contains("“d”") && again.content.contains("“a”"), "{}", again.content);
    let found = messages(&state, &conversations[0]).await;
    assert_eq!(contents(&found)[..2], [&*again.content, "d"], "newest first");
    assert_eq!((again.citations.len(), again.citation_nodes.len()), (1, 1));
    assert_eq!((&found[0].citations, &found[0].citation_nodes), (&again.citations, &again.citation_nodes));
    assert!(found[1].citations.is_empty(), "questions cite nothing");
    let types: Vec<_> = found.iter().map(|message| message.r#type.clone().unwrap()).collect();
    assert_eq!(
        types,
        [MessageType::Outgoing, MessageType::Incoming, MessageType::Outgoing, MessageType::Incoming]
    );
}

#[tokio::test]
async fn a_stream_has_the_pieces_of_the_same_answer() {
    let state = state();
    let whole = complete(&state, &ask("Why is that?")).await;
    for _ in 0..2 {
        let mut stream =
            state.stream_completion(&state.chatbot_id(), &ask("Why is that?")).await.unwrap().into_body();
        let (mut text, mut pieces, mut last) = (String::new(), 0, CompletionEvent::default());
        while let Some(event) = stream.try_next().await.unwrap() {
            text += event.content.as_deref().unwrap();
            pieces += 1;
            last = event;
        }
        assert_eq!(text, whole.content, "deterministic");
        assert!(pieces > 10, "{pieces}");
        assert_eq!((last.content.as_deref(), last.done), (Some(""), Some(true)));
        let stored = messages(&state, &last.conversation_id.unwrap()).await;
        assert_eq!(contents(&stored), [&text, "Why is that?"]);
    }
    assert_eq!(state.open_streams(), 0);
}

#[tokio::test]
async fn a_stream_keeps_its_pace() {
    let state = State::new(Duration::from_millis(2));
    let start = Instant::now();
    let mut stream = state.stream_completion(&state.chatbot_id(), &ask("a")).await.unwrap().into_body();
    let mut events = 0;
    while stream.try_next().await.unwrap().is_some() {
        events += 1;
    }
    assert!(start.elapsed() >= Duration::from_millis(2) * events);
}

#[tokio::test]
async fn what_is_not_there() {
    let state = state();
    let chatbot = state.chatbot_id();
    let first = complete(&state, &ask("a")).await.conversation_id;
    let second = complete(&state, &ask("b")).await.conversation_id;
    let message = messages(&state, &first).await[0].id.clone();
    let unknown = ConversationId::from("unknown");
    const NOT_FOUND: &str = "Not found.";
    assert_not_found(state.create_completion(&"x".into(), &ask("a")).await, NOT_FOUND);
    assert_not_found(state.stream_completion(&"x".into(), &ask("a")).await, NOT_FOUND);
    assert_not_found(state.create_completion(&chatbot, &ask("a").conversation("x")).await, NOT_FOUND);
    assert_not_found(state.stream_completion(&chatbot, &ask("a").conversation("x")).await, NOT_FOUND);
    assert_not_found(state.create_message(&NewMessage::new("x")).await, NOT_FOUND);
    assert_not_found(state.create_outgoing_message(&NewMessage::new("x")).await, NOT_FOUND);
    assert_not_found(state.list_messages(&ListMessages::new(&unknown)).await, NOT_FOUND);
    assert_not_found(state.get_conversation(&unknown).await, NOT_FOUND);
    assert_not_found(state.get_message(&"x".into(), &GetMessage::new(&first)).await, NOT_FOUND);
    assert_not_found(state.get_message(&message, &GetMessage::new(&second)).await, NOT_FOUND);
    assert_not_found(state.list_records(&"x".into(), &ListRecords::default()).await, NOT_FOUND);
    assert_not_found(state.export_records(&"x".into()).await, NOT_FOUND);
    let cursor = "not ours";
    assert_not_found(state.list_messages(&ListMessages::new(&first).cursor(cursor)).await, "Invalid cursor");
    let listing = ListConversations::new(state.inbox_id()).cursor(cursor);
    assert_not_found(state.list_conversations(&listing).await, "Invalid cursor");
    assert_eq!(state.get_message(&message, &GetMessage::new(&first)).await.unwrap().id, message);
}

#[tokio::test]
async fn messages_are_stored_as_sent() {
    let state = state();
    let conversation =
        state.create_conversation(&NewConversation::new(state.web_chat_id())).await.unwrap().into_body();
    assert_eq!(conversation.last_message, None);
    assert_eq!(conversation.last_message_created_at, conversation.created_at);

    let file = || AttachmentInput::new("media/a.png", "a.png", "f");
    let unknown = AttachmentType::Unknown("file".to_owned());
    let files = [file(), file().r#type(AttachmentType::Image), file().r#type(unknown)];
    let new = NewMessage::new(&conversation.id)
        .content("Hello")
        .feedback(Feedback::Like)
        .attachments(files.to_vec());
    let receipt = state.create_message(&new).await.unwrap().into_body();
    let outgoing = state.create_outgoing_message(&NewMessage::new(&conversation.id)).await.unwrap();
    assert_eq!(outgoing.r#type, Some(MessageType::Outgoing));

    let stored = messages(&state, &conversation.id).await;
    assert_eq!(contents(&stored), ["", "Hello"]);
    let stored = &stored[1];
    assert_eq!((Some(&stored.id), &stored.sender), (receipt.id.as_ref(), &receipt.sender));
    assert_eq!((&stored.created_at, &stored.attachments), (&receipt.created_at, &receipt.attachments));
    assert_eq!(
        (stored.r#type.clone(), stored.feedback.get()),
        (Some(MessageType::Incoming), Some(&Feedback::Like))
    );
    let kinds: Vec<_> = stored.attachments.iter().map(|file| file.r#type.get().unwrap().clone()).collect();
    let file = AttachmentType::Unknown("file".to_owned());
    assert_eq!(kinds, [AttachmentType::Other, AttachmentType::Image, file]);

    let shown = state.get_conversation(&conversation.id).await.unwrap().into_body();
    assert_eq!(shown.title, "Hello");
    assert_eq!(shown.last_message.unwrap().id, outgoing.id.clone().unwrap());
    assert_eq!(shown.last_message_created_at, outgoing.created_at);
}

#[tokio::test]
async fn problems_are_listed_by_field() {
    #[track_caller]
    fn assert_problem<T>(result: maiagent::Result<T>, expected: &str) {
        let error = result.err().unwrap();
        assert_eq!(error.status().unwrap(), 400);
        assert!(matches!(ErrorBody::from_error(&error), Some(ErrorBody::FieldErrors(_))), "{error:?}");
        assert_eq!(error.api().unwrap().body_text(), expected);
    }
    let state = state();
    let chatbot = state.chatbot_id();
    let unknown = state.create_conversation(&NewConversation::new("x")).await.unwrap_err();
    assert_eq!(unknown.status().unwrap(), 404);
    let blank = r#"{"message":{"content":["This field may not be blank."]}}"#;
    assert_problem(state.create_completion(&chatbot, &ask("")).await, blank);
    assert_problem(state.stream_completion(&chatbot, &ask("")).await, blank);
    let size = r#"{"pageSize":["Ensure this value is greater than or equal to 1."]}"#;
    assert_problem(state.list_messages(&ListMessages::new("x").page_size(0)).await, size);
    assert_problem(state.list_records(&chatbot, &ListRecords::default().page_size(-1)).await, size);
    let listing = ListConversations::new(state.inbox_id()).page_size(0);
    assert_problem(state.list_conversations(&listing).await, size);
}

/// The value of a parameter in a link.
fn parameter(link: Option<&String>, name: &str) -> Option<String> {
    let (_, query) = link?.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

#[tokio::test]
async fn pages_of_messages_forth_and_back() {
    let state = state();
    let conversation = complete(&state, &ask("0")).await.conversation_id;
    for number in 1..=5 {
        let new = NewMessage::new(&conversation).content(number.to_string());
        state.create_message(&new).await.unwrap();
    }
    let listing = ListMessages::new(&conversation).page_size(3);
    let first = state.list_messages(&listing).await.unwrap().into_body();
    assert_eq!((contents(&first.results), first.count), (vec!["5", "4", "3"], Some(7)));
    assert_eq!(first.previous, None);
    let next = first.next.unwrap();
    assert!(next.starts_with("http://localhost/api/messages/?conversation="), "{next}");
    assert_eq!(parameter(Some(&next), "pageSize").as_deref(), Some("3"));

    // A new message does not move what comes after it.
    state.create_message(&NewMessage::new(&conversation).content("6")).await.unwrap();
    let cursor = parameter(Some(&next), "cursor").unwrap();
    let second = state.list_messages(&listing.clone().cursor(cursor)).await.unwrap().into_body();
    assert_eq!(contents(&second.results)[..2], ["2", "1"]);
    let cursor = parameter(second.next.as_ref(), "cursor").unwrap();
    let third = state.list_messages(&listing.clone().cursor(cursor)).await.unwrap().into_body();
    assert_eq!((contents(&third.results), third.next), (vec!["0"], None));

    let cursor = parameter(second.previous.as_ref(), "cursor").unwrap();
    let back = state.list_messages(&listing.clone().cursor(cursor)).await.unwrap().into_body();
    assert_eq!(contents(&back.results), ["5", "4", "3"]);
    let cursor = parameter(back.previous.as_ref(), "cursor").unwrap();
    let newest = state.list_messages(&listing.cursor(cursor)).await.unwrap().into_body();
    assert_eq!((contents(&newest.results), newest.previous), (vec!["6"], None));
    assert!(newest.next.is_some());
}

#[tokio::test]
async fn sizes_of_pages() {
    let state = state();
    let conversation = complete(&state, &ask("a")).await.conversation_id;
    for _ in 0..118 {
        state.create_message(&NewMessage::new(&conversation)).await.unwrap();
    }
    for (wanted, first, pages) in [(None, 20, 6), (Some(100), 100, 2), (Some(1000), 100, 2)] {
        let mut listing = ListMessages::new(&conversation);
        listing.page_size = wanted;
        assert_eq!(state.list_messages(&listing).await.unwrap().results.len(), first);
        assert_eq!(state.all_messages(&listing).into_vec().await.unwrap().len(), 120);
        assert_eq!(120_usize.div_ceil(first), pages);
    }
}

#[tokio::test]
async fn conversations_by_inbox_and_keyword() {
    let state = state();
    for text in ["Apples and pears", "Straße", "Pears"] {
        complete(&state, &ask(text)).await;
    }
    let all = ListConversations::new(state.inbox_id());
    let mut none = all.clone();
    none.inbox = "x".into();
    for (listing, expected) in [
        (all.clone(), vec!["Pears", "Straße", "Apples and pears"]),
        (all.clone().keyword(""), vec!["Pears", "Straße", "Apples and pears"]),
        (all.clone().keyword("pEARS"), vec!["Pears", "Apples and pears"]),
        (all.clone().keyword("STRAßE"), vec!["Straße"]),
        (all.clone().keyword("visitor 2"), vec!["Straße"]),
        (all.clone().keyword("mock server"), vec!["Pears", "Straße", "Apples and pears"]),
        (all.clone().keyword("bananas"), vec![]),
        (none, vec![]),
    ] {
        for size in [1, 2, 100] {
            let found = state.all_conversations(&listing.clone().page_size(size)).into_vec().await;
            let titles: Vec<_> = found.unwrap().into_iter().map(|found| found.title).collect();
            assert_eq!(titles, expected, "{listing:?}");
        }
    }
    let page = state.list_conversations(&all.keyword("a&b").page_size(1)).await.unwrap();
    assert_eq!((page.next.as_ref(), page.previous.as_ref()), (None, None));
}

#[tokio::test]
async fn records_by_page_number() {
    let state = state();
    let chatbot = state.chatbot_id();
    let page = state.list_records(&chatbot, &ListRecords::default()).await.unwrap().into_body();
    assert_eq!(page, {
        let mut empty = RecordPage::new(Vec::new());
        empty.count = Some(0);
        empty
    });
    for number in 0..5 {
        complete(&state, &ask(&number.to_string())).await;
    }
    // The questions on the page, the number of the next page and of the one before.
    type Expected = Option<(&'static [&'static str], Option<&'static str>, Option<&'static str>)>;
    let table: [(i32, i32, Expected); 7] = [
        (1, 2, Some((&["4", "3"], Some("2"), None))),
        (2, 2, Some((&["2", "1"], Some("3"), Some("1")))),
        (3, 2, Some((&["0"], None, Some("2")))),
        (1, 5, Some((&["4", "3", "2", "1", "0"], None, None))),
        (4, 2, None),
        (0, 2, None),
        (i32::MAX, 100, None),
    ];
    for (number, size, expected) in table {
        let listing = ListRecords::default().page(number).page_size(size);
        let page = state.list_records(&chatbot, &listing).await;
        let Some((questions, next, previous)) = expected else {
            assert_not_found(page, "Invalid page.");
            continue;
        };
        let page = page.unwrap().into_body();
        let found: Vec<_> = page.results.iter().map(|record| record.input_message.as_str()).collect();
        assert_eq!((found.as_slice(), page.count), (questions, Some(5)));
        assert_eq!(parameter(page.next.as_ref(), "page").as_deref(), next);
        assert_eq!(parameter(page.previous.as_ref(), "page").as_deref(), previous);
    }
    let all = state.all_records(&chatbot, &ListRecords::default().page_size(2)).into_vec().await;
    assert_eq!(all.unwrap().len(), 5);
}

#[tokio::test]
async fn the_workbook_has_the_records() {
    let state = state();
    let hostile = format!("=1+1 \u{1}\u{fffe}\"<&>{}", "\u{1f6b2}".repeat(40_000));
    let conversation = complete(&state, &ask(&hostile)).await.conversation_id;
    complete(&state, &ask("And now?").conversation(conversation)).await;
    let records =
        state.list_records(&state.chatbot_id(), &ListRecords::default()).await.unwrap().into_body().results;

    let export = state.export_records(&state.chatbot_id()).await.unwrap().into_body();
    assert_eq!(export.file_name(), Some("chatbot-records.xlsx"));
    let mut workbook = Xlsx::new(Cursor::new(export.bytes().await.unwrap())).unwrap();
    let sheet = workbook.worksheet_range("Records").unwrap();
    let rows: Vec<_> = sheet.rows().collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].len(), 14);
    for (row, record) in rows[1..].iter().zip(&records) {
        assert_eq!(row[0], Data::String(record.id.to_string()));
        // XML cannot hold that character.
        let output = record.output_message.replace('\u{fffe}', "\u{fffd}");
        assert_eq!(row[5], Data::String(output));
        assert_eq!((&row[6], &row[9]), (&Data::Float(0.97), &Data::Empty));
        let Data::DateTime(time) = &row[13] else { panic!("{:?}", row[13]) };
        let seconds = (time.as_f64() - 25_569.0) * 86_400.0;
        assert!((seconds - record.created_at.get().unwrap().as_millis() as f64 / 1000.0).abs() < 2.0);
    }
    assert_eq!(
        (&rows[1][1], &rows[1][3]),
        (&Data::String("And now?".into()), &Data::String("follow-up".into()))
    );
    assert_eq!(rows[2][3], Data::String("new".to_owned()));
    let Data::String(text) = &rows[2][1] else { panic!("{:?}", rows[2][1]) };
    assert!(text.starts_with("=1+1 ") && text.contains("\"<&>\u{1f6b2}"), "text, not a formula");
    assert!(text.encode_utf16().count() <= 32_767);
}

#[tokio::test]
async fn time_never_stands_still() {
    let state = state();
    let conversation = complete(&state, &ask("a")).await.conversation_id;
    for _ in 0..50 {
        state.create_message(&NewMessage::new(&conversation)).await.unwrap();
    }
    let times: Vec<_> = messages(&state, &conversation)
        .await
        .iter()
        .map(|message| *message.created_at.get().unwrap())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer > older));
    assert!(times.iter().all(|time| serde_json::to_string(time).unwrap().len() == 15), "13 digits as text");
}

#[tokio::test]
async fn ids_are_the_same_in_every_run_and_never_twice() {
    let (first, second) = (state(), state());
    first.seed();
    second.seed();
    let listing = ListConversations::new(first.inbox_id());
    let mut ids = Vec::new();
    for state in [&first, &second] {
        for conversation in state.all_conversations(&listing).into_vec().await.unwrap() {
            ids.push(conversation.id.to_string());
            ids.extend(messages(state, &conversation.id).await.into_iter().map(|message| message.id.into()));
        }
    }
    let (of_first, of_second) = ids.split_at(ids.len() / 2);
    assert_eq!(of_first, of_second);
    let mut unique = of_first.to_vec();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 3 + 8);
    assert!(unique.iter().all(|id| id.len() == 36 && &id[14..15] == "4"), "{unique:?}");
}
