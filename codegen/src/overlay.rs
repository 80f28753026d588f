//! Overlays: changes to somebody else's document, as OpenAPI Overlay 1.0 and 1.1 write them.
//!
//! In: the tree of a document and that of an overlay. Out: the document changed. What an overlay adds keeps its place in the
//! overlay, so that whatever is said about it later points there.

use crate::diagnostics::{Diagnostics, Effect};
use crate::docs;
use crate::parse::{Key, Node, Value};
use serde_json::Value as Json;
use serde_json_path::{JsonPath, PathElement};

const KEYS: &[&str] = &["overlay", "info", "extends", "actions"];
const ACTION_KEYS: &[&str] = &["target", "description", "update", "remove", "copy"];

/// Changes a document as an overlay says.
pub(crate) fn apply(root: &mut Node, overlay: &Node, problems: &mut Diagnostics) {
    let version = match overlay.get("overlay").map(|version| &version.value) {
        Some(Value::String(text) | Value::Number(text)) => text.as_str(),
        _ => "",
    };
    if !version.starts_with("1.") {
        let span = overlay.get("overlay").map_or(overlay.span, |version| version.span);
        return problems.error(
            span,
            "this is not an OpenAPI Overlay of version 1",
            "not `overlay: 1.0.0` or `overlay: 1.1.0`",
            "begin the file with `overlay: 1.1.0`",
        );
    }
    check_keys(overlay, "an overlay", KEYS, problems);
    let Some(actions) = overlay.get("actions").filter(|actions| matches!(actions.value, Value::Array(_)))
    else {
        return problems.error(
            overlay.get("actions").map_or(overlay.span, |actions| actions.span),
            "an overlay needs a list of `actions`",
            "nothing to do",
            "write the changes as a list below `actions`",
        );
    };
    let mut tree = Tree { mirror: mirror(root), root };
    for action in actions.items() {
        check_keys(action, "an action", ACTION_KEYS, problems);
        if let Err(Wrong { at, message, label, help }) = tree.act(action) {
            problems.error(at.span, message, label, help);
        }
    }
}

fn check_keys(node: &Node, what: &str, known: &[&str], problems: &mut Diagnostics) {
    for (key, _) in node.entries() {
        if !known.contains(&key.text.as_str()) && !key.text.starts_with("x-") {
            problems.warning(
                Effect::Ignored,
                key.span,
                format!("`{}` has no meaning in {what}", docs::plain(&key.text)),
                "ignored",
                "remove it, or check its spelling and indentation",
            );
        }
    }
}

/// What is wrong with an action.
struct Wrong<'o> {
    at: &'o Node,
    message: String,
    label: String,
    help: &'static str,
}

fn wrong<'o>(
    at: &'o Node,
    message: impl Into<String>,
    label: impl Into<String>,
    help: &'static str,
) -> Wrong<'o> {
    Wrong { at, message: message.into(), label: label.into(), help }
}

/// A step from a value to one inside of it. Ordered as they are in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Name(String),
    Index(usize),
}

type Route = Vec<Step>;

/// A document, and the same as JSON for queries.
struct Tree<'d> {
    root: &'d mut Node,
    mirror: Json,
}

impl Tree<'_> {
    fn act<'o>(&mut self, action: &'o Node) -> Result<(), Wrong<'o>> {
        let Some(target) = action.get("target") else {
            return Err(wrong(
                action,
                "an action needs a `target`",
                "changes nothing",
                "say what it changes, as a JSON Path",
            ));
        };
        let matches = self.matches(target)?;
        if matches.is_empty() {
            return Err(wrong(
                target,
                "this matches nothing in the document",
                "no such value, perhaps because of an action before this one",
                "correct the JSON Path, or remove the action",
            ));
        }
        if action.get("remove").and_then(Node::as_bool) == Some(true) {
            return self.remove(target, matches);
        }
        let change = match (action.get("update"), action.get("copy")) {
            (Some(update), None) => update.clone(),
            (None, Some(copy)) => self.copied(copy)?,
            (Some(_), Some(copy)) => {
                return Err(wrong(
                    copy,
                    "an action has either `update` or `copy`",
                    "both are given",
                    "make two actions of it",
                ));
            }
            (None, None) => {
                return Err(wrong(
                    action,
                    "an action needs `update`, `remove: true` or `copy`",
                    "changes nothing",
                    "say what it does with its target",
                ));
            }
        };
        let at = action.get("update").or(action.get("copy")).unwrap_or(action);
        for route in &matches {
            self.change(route, &change, at)?;
        }
        Ok(())
    }

    /// What a JSON Path matches, each once.
    fn matches<'o>(&self, path: &'o Node) -> Result<Vec<Route>, Wrong<'o>> {
        let help = "write a JSON Path as in RFC 9535, such as `$.paths['/pets'].get`";
        let Some(text) = path.as_str() else {
            return Err(wrong(path, "a JSON Path must be text", format!("this is {}", path.kind()), help));
        };
        let query = JsonPath::parse(text).map_err(|error| {
            wrong(path, format!("this is not a JSON Path: {}", error.message()), "cannot be read", help)
        })?;
        let found = query.query_located(&self.mirror).dedup();
        let steps = |element: &PathElement<'_>| match element {
            PathElement::Name(name) => Step::Name((*name).to_owned()),
            PathElement::Index(index) => Step::Index(*index),
        };
        Ok(found.locations().map(|location| location.iter().map(steps).collect()).collect())
    }

    fn copied<'o>(&self, copy: &'o Node) -> Result<Node, Wrong<'o>> {
        let found = match &self.matches(copy)?[..] {
            [route] => at(self.root, route).cloned(),
            _ => None,
        };
        found.ok_or_else(|| {
            wrong(
                copy,
                "`copy` must match exactly one value",
                "matches none, or several",
                "correct the JSON Path, so that it leads to the value to copy",
            )
        })
    }

    fn remove<'o>(&mut self, target: &'o Node, mut matches: Vec<Route>) -> Result<(), Wrong<'o>> {
        // Backwards, so that places in lists stay right; what is inside of others before those.
        matches.sort();
        let mut parents = Vec::new();
        for route in matches.iter().rev() {
            let Some((last, parent)) = route.split_last() else {
                return Err(wrong(
                    target,
                    "the whole document cannot be removed",
                    "leads to everything",
                    "remove parts of it",
                ));
            };
            match (at_mut(self.root, parent).map(|node| &mut node.value), last) {
                (Some(Value::Object(entries)), Step::Name(name)) => {
                    entries.retain(|(key, _)| key.text != *name)
                }
                (Some(Value::Array(items)), Step::Index(index)) if *index < items.len() => {
                    _ = items.remove(*index)
                }
                _ => {}
            }
            parents.push(parent.to_vec());
        }
        parents.sort_by_key(Vec::len);
        parents.iter().for_each(|parent| self.reflect(parent));
        Ok(())
    }

    fn change<'o>(&mut self, route: &Route, change: &Node, said: &'o Node) -> Result<(), Wrong<'o>> {
        let Some(node) = at_mut(self.root, route) else { return Ok(()) };
        let depth = route.len() + height(change);
        if depth > crate::parse::DEPTH {
            return Err(wrong(
                said,
                "the document becomes too deep",
                "too deep from here",
                "move inner schemas to `components`",
            ));
        }
        match (&mut node.value, &change.value) {
            (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
            (Value::Array(items), _) => items.push(change.clone()),
            (Value::Object(_), Value::Object(_)) => merge(node, change),
            (Value::Object(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
                let (is, to) = (node.kind(), change.kind());
                return Err(wrong(
                    said,
                    format!("{to} does not update {is}"),
                    format!("the target is {is}"),
                    "update what holds the target: what it has under the same name is replaced",
                ));
            }
            _ => *node = change.clone(),
        }
        self.reflect(route);
        Ok(())
    }

    /// Makes the mirror right again at a place.
    fn reflect(&mut self, route: &[Step]) {
        let Some(node) = at(self.root, route) else { return };
        let image = route.iter().try_fold(&mut self.mirror, |json, step| match step {
            Step::Name(name) => json.get_mut(name),
            Step::Index(index) => json.get_mut(index),
        });
        if let Some(image) = image {
            *image = mirror(node);
        }
    }
}

/// Adds what another mapping has: mappings are merged, lists go behind lists, everything else is replaced.
fn merge(node: &mut Node, change: &Node) {
    let Value::Object(entries) = &mut node.value else { return };
    for (key, new) in change.entries() {
        match entries.iter_mut().find(|(known, _)| known.text == key.text) {
            None => entries.push((key.clone(), new.clone())),
            Some((known, old)) => match (&mut old.value, &new.value) {
                (Value::Object(_), Value::Object(_)) => merge(old, new),
                (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
                _ => {
                    *known = Key { text: known.text.clone(), span: key.span };
                    *old = new.clone();
                }
            },
        }
    }
}

fn at<'n>(root: &'n Node, route: &[Step]) -> Option<&'n Node> {
    route.iter().try_fold(root, |node, step| match step {
        Step::Name(name) => node.get(name),
        Step::Index(index) => node.items().get(*index),
    })
}

fn at_mut<'n>(root: &'n mut Node, route: &[Step]) -> Option<&'n mut Node> {
    route.iter().try_fold(root, |node, step| match (&mut node.value, step) {
        (Value::Object(entries), Step::Name(name)) => {
            entries.iter_mut().find(|(key, _)| key.text == *name).map(|(_, value)| value)
        }
        (Value::Array(items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    })
}

fn height(node: &Node) -> usize {
    let inside = node.items().iter().chain(node.entries().iter().map(|(_, value)| value));
    1 + inside.map(height).max().unwrap_or_default()
}

/// A tree as JSON. Places are lost, and numbers that JSON has no room for become floating-point ones: good enough to
/// compare with.
fn mirror(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) => items.iter().map(mirror).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.text.clone(), mirror(value))).collect()
        }
        Value::Number(text) => match (text.parse::<u64>(), text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), ..) => number.into(),
            (_, Ok(number), _) => number.into(),
            (_, _, Ok(number)) => number.into(),
            _ => Json::Null,
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::parse::parse;

    /// The document as JSON after the actions, or what is wrong with them.
    fn changed(document: &str, actions: &str) -> Result<Json, String> {
        let mut root = parse(document).unwrap();
        let overlay = parse(&format!("overlay: 1.1.0\nactions:\n{actions}")).unwrap();
        let mut problems = Diagnostics::default();
        apply(&mut root, &overlay, &mut problems);
        match problems.iter().next() {
            Some(problem) => Err(problem.message.clone()),
            None => Ok(mirror(&root)),
        }
    }

    #[test]
    fn actions_change_the_document_in_their_order() {
        let document = "{ a: { b: 1, c: [1, 2], d: { e: 1 } }, l: [{ n: 1 }, { n: 2 }, { n: 3 }], t: x }";
        let cases = [
            ("- { target: $.a, update: { b: 2, f: 3 } }", "/a", r#"{"b":2,"c":[1,2],"d":{"e":1},"f":3}"#),
            (
                "- { target: $.a, update: { c: [3], d: { g: 1 } } }",
                "/a",
                r#"{"b":1,"c":[1,2,3],"d":{"e":1,"g":1}}"#,
            ),
            ("- { target: $.a, update: { b: [1], d: 5 } }", "/a", r#"{"b":[1],"c":[1,2],"d":5}"#),
            ("- { target: $.a.c, update: 3 }", "/a/c", "[1,2,3]"),
            ("- { target: $.a.c, update: [3] }", "/a/c", "[1,2,3]"),
            ("- { target: $.t, update: y }", "/t", "\"y\""),
            ("- { target: $, update: { t: z } }", "/t", "\"z\""),
            (
                "- { target: '$.l[*]', update: { m: 0 } }",
                "/l",
                r#"[{"n":1,"m":0},{"n":2,"m":0},{"n":3,"m":0}]"#,
            ),
            ("- { target: '$.l[?@.n > 1]', remove: true }", "/l", r#"[{"n":1}]"#),
            ("- { target: '$..n', remove: true }", "/l", "[{},{},{}]"),
            (
                "- { target: '$.l[0,2]', remove: true }\n- { target: '$.l[0]', update: { m: 0 } }",
                "/l",
                r#"[{"n":2,"m":0}]"#,
            ),
            ("- { target: $.a.d, copy: '$.l[1]' }", "/a/d", r#"{"e":1,"n":2}"#),
            (
                "- { target: $.a, update: { new: { x: 1 } } }\n- { target: $.a.new.x, update: 2 }",
                "/a/new",
                r#"{"x":2}"#,
            ),
            (
                "- { target: $.a, remove: true, update: { b: 2 } }",
                "",
                r#"{"l":[{"n":1},{"n":2},{"n":3}],"t":"x"}"#,
            ),
        ];
        for (actions, pointer, expected) in cases {
            let found = changed(document, actions).unwrap();
            let expected: Json = serde_json::from_str(expected).unwrap();
            assert_eq!(found.pointer(pointer), Some(&expected), "{actions}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let cases = [
            ("- { target: $.b, update: {} }", "this matches nothing in the document"),
            (
                "- { target: $.a, remove: true }\n- { target: $.a, update: {} }",
                "this matches nothing in the document",
            ),
            ("- { target: $, remove: true }", "the whole document cannot be removed"),
            ("- { target: $.a, update: 1 }", "a number does not update a mapping"),
            ("- { target: $.a.b, update: {} }", "a mapping does not update a number"),
            ("- { target: $.a, copy: $.c }", "`copy` must match exactly one value"),
            ("- { target: $.a, copy: $.a, update: {} }", "an action has either `update` or `copy`"),
            ("- { target: $.a }", "an action needs `update`, `remove: true` or `copy`"),
            ("- { update: {} }", "an action needs a `target`"),
            ("- { target: 5, update: {} }", "a JSON Path must be text"),
        ];
        for (actions, expected) in cases {
            assert_eq!(changed("a: { b: 1 }", actions).unwrap_err(), expected, "{actions}");
        }
        let error = changed("a: 1", "- { target: 'a[', update: 1 }").unwrap_err();
        assert!(error.starts_with("this is not a JSON Path"), "{error}");
    }
}
