//! Answers: which responses are successes, what they hold, and which become a call of their own.

use super::Lower;
use super::media_type::{Way, answer_rank, essence, is_events, is_json};
use super::schema::item;
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::document::Operation;
use crate::ir::{Answer, AnswerKind, Call, Method, Statuses, Type};
use crate::names::Name;
use crate::parse::{Key, Node};

const RESPONSE_KEYS: &[&str] = &["description", "headers", "content", "links", "$ref", "summary"];

/// What an operation can answer.
#[derive(Default)]
pub(super) struct Answers {
    /// With the places of their statuses.
    successes: Vec<(Answer, Span)>,
    pub(super) failures: Vec<(Statuses, Type)>,
    /// The place of a status that is neither: informational or a redirect.
    neither: Option<Span>,
    /// A successful response cannot be understood; that has been reported.
    broken: bool,
}

/// What an answer's status says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Success(u16),
    Failure(Statuses),
    /// Informational or a redirect: nothing a method could return.
    Neither,
}

impl<'a> Lower<'a> {
    /// Everything that an operation can answer. `prefix` begins the names of types that are defined for it.
    pub(super) fn answers(&mut self, operation: &'a Node, prefix: &Name) -> Answers {
        let responses = self.mapping(operation, "responses");
        let mut answers = Answers::default();
        let has_success = responses.iter().any(|(key, _)| matches!(kind(&key.text), Some(Kind::Success(_))));
        for (key, response) in responses {
            let Ok(response) = self.component(response) else {
                answers.broken |= matches!(kind(&key.text), Some(Kind::Success(_)));
                continue;
            };
            if key.text.starts_with("x-") {
                continue;
            }
            self.check_keys(response, "a response", RESPONSE_KEYS);
            match kind(&key.text) {
                Some(Kind::Success(status)) => {
                    self.successes(status, key.span, response, prefix, &mut answers)
                }
                // `default` alone stands for every answer, so also for the success.
                Some(Kind::Failure(Statuses::Default)) if !has_success && responses.len() == 1 => {
                    self.successes(200, key.span, response, prefix, &mut answers);
                }
                Some(Kind::Failure(statuses)) => {
                    let ty = self.error_type(statuses, response, prefix);
                    answers.failures.extend(ty.map(|ty| (statuses, ty)));
                }
                Some(Kind::Neither) => answers.neither = Some(key.span),
                None => self.problems.warning(
                    Effect::LeftOut,
                    key.span,
                    format!("`{}` is not a status", docs::plain(&key.text)),
                    "neither a code, a class nor `default`; this answer is left out",
                    "use a code such as `200`, a class such as `4XX`, or `default`",
                ),
            }
        }
        answers
    }

    /// The calls that an operation's successes become: one that answers at once, then one that streams. Nothing where no
    /// method could return what the document declares.
    pub(super) fn calls(&mut self, operation: &Operation<'a>, answers: &Answers) -> Option<Vec<Call>> {
        if answers.broken {
            return None;
        }
        let streams = |answer: &Answer| matches!(answer.kind, AnswerKind::Events(_));
        let mut successes = self.distinct(&answers.successes);
        successes.sort_by_key(streams);
        if let (Method::Head, Some(first)) = (operation.method, successes.first()) {
            return Some(vec![Call::Whole(Answer { kind: AnswerKind::Empty, ..first.clone() })]);
        }
        if let (true, Some(span)) = (successes.is_empty(), answers.neither) {
            self.problems.warning(
                Effect::LeftOut,
                span,
                "an operation without a successful answer is not generated",
                "only this answer, which no method can return",
                "protocol upgrades such as WebSockets need a client of their own; otherwise declare a 2xx answer",
            );
            return None;
        }
        if successes.is_empty() {
            successes.push(Answer { status: 200, media_type: String::new(), kind: AnswerKind::Empty });
        }
        let call = |answer| if streams(&answer) { Call::Streamed(answer) } else { Call::Whole(answer) };
        Some(successes.into_iter().map(call).collect())
    }

    /// Several successes make one call only where they carry the same.
    fn distinct(&mut self, successes: &[(Answer, Span)]) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::new();
        for (success, span) in successes {
            let streaming = matches!(success.kind, AnswerKind::Events(_));
            let earlier =
                answers.iter().find(|answer| matches!(answer.kind, AnswerKind::Events(_)) == streaming);
            match earlier {
                None => answers.push(success.clone()),
                Some(earlier) if earlier.kind == success.kind => {}
                Some(_) => self.unsupported(
                    *span,
                    "a second successful answer with another body",
                    "describe both bodies with one schema, or keep one of the answers",
                ),
            }
        }
        answers
    }

    /// Adds what one successful response can carry: JSON and an event stream are two answers, anything else one.
    fn successes(
        &mut self,
        status: u16,
        span: Span,
        response: &'a Node,
        prefix: &Name,
        answers: &mut Answers,
    ) {
        let content = self.mapping(response, "content");
        let events = content.iter().find(|(key, _)| is_events(&key.text));
        let plain = content
            .iter()
            .filter(|(key, _)| !is_events(&key.text))
            .min_by_key(|(key, _)| answer_rank(&key.text));
        let mut add = |media_type: &str, kind| {
            answers.successes.push((Answer { status, media_type: media_type.to_owned(), kind }, span));
        };
        if content.is_empty() {
            add("", AnswerKind::Empty);
        }
        if let Some(best @ (key, media)) = plain {
            self.mention_other_forms(content, best, Way::Read);
            self.check_media_type(key);
            let media_type = if key.text.contains('*') { "application/octet-stream" } else { &key.text };
            add(media_type, self.plain_answer(key, media, prefix));
        }
        if let Some((key, media)) = events {
            add(&key.text, self.event_answer(media, prefix));
        }
    }

    fn plain_answer(&mut self, key: &'a Key, media: &'a Node, prefix: &Name) -> AnswerKind {
        let essence = essence(&key.text);
        let schema = media.get("schema");
        let target = schema.and_then(|schema| self.deref(schema));
        let binary = target.and_then(|schema| schema.get("format")).and_then(Node::as_str) == Some("binary");
        if binary {
            return AnswerKind::Download;
        }
        if is_json(&essence) || (essence == "*/*" && schema.is_some_and(|schema| self.is_json_schema(schema)))
        {
            let ty = schema.map_or(Type::Any, |schema| item(self.used(schema, &prefix.with("Response"))));
            return AnswerKind::Json(ty);
        }
        if essence.starts_with("text/") || essence == "application/xml" {
            return AnswerKind::Text;
        }
        AnswerKind::Download
    }

    fn event_answer(&mut self, media: &'a Node, prefix: &Name) -> AnswerKind {
        // OpenAPI 3.2 tells an item from the whole.
        let schema = media.get("itemSchema").or_else(|| media.get("schema"));
        let Some(schema) = schema else { return AnswerKind::Events(Type::Any) };
        let used = self.used(schema, &prefix.with("Event"));
        if let (Type::Named(id), Some(target)) = (&used.ty, self.deref(schema)) {
            self.events.push((*id, target));
        }
        match used.ty {
            Type::Named(_) | Type::Any | Type::String => AnswerKind::Events(used.ty),
            _ => {
                self.unsupported(
                    schema.span,
                    "an event that is neither an object nor text",
                    "describe the data of one event here, as an object",
                );
                AnswerKind::Events(Type::Any)
            }
        }
    }
}

fn kind(status: &str) -> Option<Kind> {
    if status == "default" {
        return Some(Kind::Failure(Statuses::Default));
    }
    let class = status.chars().next()?.to_digit(10)? as u16;
    let wildcard = status.len() == 3 && status[1..].eq_ignore_ascii_case("xx");
    let code = status.parse::<u16>().ok().filter(|code| (100..600).contains(code));
    match (class, code, wildcard) {
        (2, None, true) => Some(Kind::Success(200)),
        (2, Some(code), _) => Some(Kind::Success(code)),
        (1 | 3, Some(_), _) | (1 | 3, None, true) => Some(Kind::Neither),
        (4 | 5, None, true) => Some(Kind::Failure(Statuses::Class(class))),
        (4 | 5, Some(code), _) => Some(Kind::Failure(Statuses::One(code))),
        _ => None,
    }
}
