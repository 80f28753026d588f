//! Refusals: what is wrong with a request, in the shape of the specification's errors.

use http::StatusCode;
use serde_json::{Map, Value};

use super::reply::{self, Reply};

/// How a service words its errors. The generator reads it off the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorShape {
    /// The property of an error body that says what is wrong, such as `detail`.
    pub detail: &'static str,
    /// Whether a request with wrong values is answered by a map of their names to lists of messages.
    pub fields: bool,
}

impl ErrorShape {
    /// An answer with one message.
    pub(super) fn refuse(self, status: StatusCode, message: impl Into<String>) -> Reply {
        let body = Map::from_iter([(self.detail.to_owned(), Value::String(message.into()))]);
        reply::json_value(status, &Value::Object(body))
    }
}

/// Stands for the request as a whole, where the name of a value is expected. No value has this name.
pub(super) const GENERAL: &str = "";

/// Wrong values of one request, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    fields: Map<String, Value>,
}

/// Where a value is inside of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Lists in an answer are padded up to the item that is wrong, but not beyond this.
const LONGEST_LIST: usize = 1000;

impl Problems {
    /// Notes that the value of this name is wrong.
    pub(super) fn add(&mut self, name: &str, message: impl Into<String>) {
        self.add_at(&[Step::Key(name.to_owned())], message);
    }

    /// Notes that the value at this place is wrong: objects nest, and lists have an empty object for each item that is
    /// right.
    pub(super) fn add_at(&mut self, path: &[Step], message: impl Into<String>) {
        let (first, rest) = match path {
            [Step::Key(key), rest @ ..] => (key.as_str(), rest),
            _ => (GENERAL, &[][..]),
        };
        let slot = self.fields.entry(first).or_insert(Value::Null);
        insert(slot, rest, message.into());
    }

    /// The answer for all of them. `general`: where problems of the request as a whole are.
    pub(super) fn refuse(mut self, shape: ErrorShape, general: &str) -> Reply {
        if shape.fields {
            if let Some(problems) = self.fields.remove(GENERAL) {
                self.fields.insert(general.to_owned(), problems);
            }
            return reply::json_value(StatusCode::BAD_REQUEST, &Value::Object(self.fields));
        }
        let names: Vec<&str> =
            self.fields.keys().map(|name| if name == GENERAL { "the body" } else { name }).collect();
        shape.refuse(StatusCode::BAD_REQUEST, format!("Not valid: {}.", names.join(", ")))
    }
}

fn insert(slot: &mut Value, path: &[Step], message: String) {
    match path {
        [] => match slot {
            Value::Array(messages) => messages.push(message.into()),
            slot => *slot = Value::Array(vec![message.into()]),
        },
        [Step::Key(key), rest @ ..] => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(object) = slot {
                insert(object.entry(key).or_insert(Value::Null), rest, message);
            }
        }
        // An item that is wrong as a whole is a problem of the list.
        [Step::Index(index), rest @ ..] if *index < LONGEST_LIST && matches!(rest, [Step::Key(_), ..]) => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Value::Array(list) = slot {
                list.resize_with((*index + 1).max(list.len()), || Value::Object(Map::new()));
                insert(&mut list[*index], rest, message);
            }
        }
        [Step::Index(_), ..] => insert(slot, &[], message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_nest_as_the_body_does() {
        let mut problems = Problems::default();
        let key = |text: &str| Step::Key(text.to_owned());
        problems.add("page", "not a number");
        problems.add("page", "too small");
        problems.add_at(&[key("message"), key("content")], "required");
        problems.add_at(&[key("files"), Step::Index(1), key("id")], "required");
        problems.add_at(&[key("tags"), Step::Index(5)], "not text");
        problems.add_at(&[key("grid"), Step::Index(0), Step::Index(1), key("x")], "not a number");
        problems.add_at(&[key("many"), Step::Index(5_000), key("id")], "required");
        problems.add_at(&[], "not an object");
        assert_eq!(
            Value::Object(problems.fields),
            json!({
                "page": ["not a number", "too small"],
                "message": { "content": ["required"] },
                "files": [{}, { "id": ["required"] }],
                "tags": ["not text"],
                "grid": ["not a number"],
                "many": ["required"],
                "": ["not an object"]
            })
        );
    }
}
