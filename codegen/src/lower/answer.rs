//! What an operation answers: by status and media type, successes and errors.

use super::Lower;
use super::failure::Failures;
use super::media_type::{answer_rank, essence, is_json};
use crate::diagnostics::Span;
use crate::docs;
use crate::ir::{Answer, AnswerKind, Method, Statuses, Type};
use crate::names::Name;
use crate::parse::{Key, Node};

/// What an answer's status says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Success(u16),
    Failure(Statuses),
    /// Informational or a redirect: nothing a method could return.
    Neither,
}

impl<'a> Lower<'a> {
    /// What the operation can answer: the successes as methods, and the errors. Nothing where it has no success.
    pub(super) fn answers(
        &mut self,
        node: &'a Node,
        method: Method,
        prefix: &Name,
    ) -> Option<(Vec<Answer>, Failures)> {
        let responses = self.mapping(node, "responses");
        let mut successes: Vec<(Answer, Span)> = Vec::new();
        let mut failures = Failures::new();
        let mut neither = None;
        let has_success = responses.iter().any(|(key, _)| matches!(kind(&key.text), Some(Kind::Success(_))));
        for (key, response) in responses {
            let Some(response) = self.deref(response) else { continue };
            if key.text.starts_with("x-") {
                continue;
            }
            self.check_keys(
                response,
                "a response",
                &["description", "headers", "content", "links", "$ref", "summary"],
            );
            match kind(&key.text) {
                Some(Kind::Success(status)) => {
                    self.successes(status, key.span, response, prefix, &mut successes)
                }
                // `default` alone stands for every answer, so also for the success.
                Some(Kind::Failure(Statuses::Default)) if !has_success && responses.len() == 1 => {
                    self.successes(200, key.span, response, prefix, &mut successes);
                }
                Some(Kind::Failure(statuses)) => {
                    if let Some(ty) = self.error_type(statuses, response, prefix) {
                        failures.push((statuses, ty));
                    }
                }
                Some(Kind::Neither) => neither = Some(key.span),
                None => self.problems.error(
                    key.span,
                    format!("`{}` is not a status", docs::plain(&key.text)),
                    "neither a code, a class nor `default`",
                    "use a code such as `200`, a class such as `4XX`, or `default`",
                ),
            }
        }
        let mut answers = self.one_answer(successes);
        // The method that answers at once comes first, whatever the order of the document.
        answers.sort_by_key(|answer| matches!(answer.kind, AnswerKind::Events(_)));
        if method == Method::Head {
            answers.iter_mut().for_each(|answer| answer.kind = AnswerKind::Empty);
        }
        if !answers.is_empty() {
            return Some((answers, failures));
        }
        match neither {
            Some(span) if !has_success => {
                self.problems.warning(
                    span,
                    "an operation without a successful answer is not generated",
                    "only this answer, which no method can return",
                    "protocol upgrades such as WebSockets need a client of their own; otherwise declare a 2xx answer",
                );
                None
            }
            _ => {
                let answer = Answer { status: 200, media_type: String::new(), kind: AnswerKind::Empty };
                Some((vec![answer], failures))
            }
        }
    }

    /// Adds what one successful response can carry: JSON and an event stream are two answers, anything else one.
    fn successes(
        &mut self,
        status: u16,
        span: Span,
        response: &'a Node,
        prefix: &Name,
        successes: &mut Vec<(Answer, Span)>,
    ) {
        let content = self.mapping(response, "content");
        let events = content.iter().find(|(key, _)| essence(&key.text) == "text/event-stream");
        let plain = content
            .iter()
            .filter(|(key, _)| essence(&key.text) != "text/event-stream")
            .min_by_key(|(key, _)| answer_rank(&key.text));
        let mut add = |media_type: &str, kind| {
            successes.push((Answer { status, media_type: media_type.to_owned(), kind }, span));
        };
        if content.is_empty() {
            add("", AnswerKind::Empty);
        }
        if let Some(best @ (key, media)) = plain {
            self.mention_other_forms(content, best, "read");
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
            let ty = schema.map_or(Type::Any, |schema| {
                let used = self.used(schema, &prefix.with("Response"));
                self.item(used)
            });
            return AnswerKind::Json(ty);
        }
        if essence.starts_with("text/") || essence == "application/xml" {
            return AnswerKind::Text;
        }
        AnswerKind::Download
    }

    fn event_answer(&mut self, media: &'a Node, prefix: &Name) -> AnswerKind {
        let Some(schema) = media.get("schema") else { return AnswerKind::Events(Type::Any) };
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

    /// Several successes make one method only where they carry the same.
    fn one_answer(&mut self, successes: Vec<(Answer, Span)>) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::new();
        for (success, span) in successes {
            let streaming = matches!(success.kind, AnswerKind::Events(_));
            let earlier =
                answers.iter().find(|answer| matches!(answer.kind, AnswerKind::Events(_)) == streaming);
            match earlier {
                None => answers.push(success),
                Some(earlier) if earlier.kind == success.kind => {}
                Some(_) => self.unsupported(
                    span,
                    "a second successful answer with another body",
                    "describe both bodies with one schema, or keep one of the answers",
                ),
            }
        }
        answers
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
