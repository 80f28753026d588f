//! Stream flags: body properties that ask for events instead of one answer.

use super::Lower;
use super::media_type::json_schema;
use crate::ir::{Body, BodyKind, Call, Flag};
use crate::parse::Node;

impl<'a> Lower<'a> {
    /// Notes which body property each streaming operation switches with, before schemas become types: it is no field.
    pub(super) fn find_stream_flags(&mut self) {
        let operations: Vec<&'a Node> = self.document.operations().map(|operation| operation.node).collect();
        for operation in operations {
            let Some(flag) = operation.get("x-stream-flag").and_then(Node::as_str) else { continue };
            let Some(body) = operation.get("requestBody") else { continue };
            let schema = self.document.resolve(body).ok().and_then(json_schema);
            if let Some(schema) = schema.and_then(|schema| self.deref(schema)) {
                self.flags.insert(schema, flag.to_owned());
            }
        }
    }

    /// The body property that switches between an answer and a stream.
    pub(super) fn stream_flag(
        &mut self,
        operation: &'a Node,
        body: Option<&Body>,
        calls: &[Call],
    ) -> Option<Flag> {
        let flag = operation.get("x-stream-flag")?;
        let property = self.text(operation, "x-stream-flag")?;
        let schema = self.document.resolve(operation.get("requestBody")?).ok().and_then(json_schema);
        let schema = schema.and_then(|schema| self.deref(schema));
        let declared = schema.and_then(|schema| schema.get("properties")).and_then(|all| all.get(property));
        let boolean =
            declared.is_some_and(|schema| schema.get("type").and_then(Node::as_str) == Some("boolean"));
        if !boolean || !matches!(body, Some(Body { kind: BodyKind::Json(_), .. })) {
            self.problems.error(
                flag.span,
                "`x-stream-flag` must name a boolean property of the JSON body",
                "no such property",
                "declare the property in the body's schema, not in a part of an `allOf`",
            );
            return None;
        }
        let has = |wanted: fn(&Call) -> bool| calls.iter().any(wanted);
        if !has(|call| matches!(call, Call::Whole(_))) || !has(|call| matches!(call, Call::Streamed(_))) {
            self.problems.error(
                flag.span,
                "`x-stream-flag` needs an answer of `text/event-stream` beside another one",
                "nothing to choose between",
                "declare both media types for the successful answer",
            );
        }
        let aliases = declared.map(|schema| self.aliases(schema)).unwrap_or_default();
        Some(Flag { property: property.to_owned(), aliases })
    }
}
