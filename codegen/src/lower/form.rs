//! Forms: how each property is written, by what `encoding` says of it.

use super::Lower;
use super::body::ENCODING_KEYS;
use super::draft::Kind;
use super::media_type::{essence, is_json};
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::ir::{FormStyles, QueryStyle, Type};
use crate::parse::Node;

impl<'a> Lower<'a> {
    /// The styles of a form's properties. `ty`: what the form holds.
    pub(super) fn form_styles(&mut self, media: &'a Node, ty: &Type) -> FormStyles {
        let properties = self.form_properties(ty);
        let mut styles = Vec::new();
        for (key, encoding) in self.mapping(media, "encoding") {
            if properties.as_ref().is_some_and(|known| !known.iter().any(|(wire, _)| *wire == key.text)) {
                self.problems.warning(
                    Effect::Ignored,
                    key.span,
                    format!("`{}` is not among the properties", docs::plain(&key.text)),
                    "an encoding of nothing",
                    "declare the property, or remove its encoding",
                );
                continue;
            }
            self.check_keys(encoding, "an encoding", ENCODING_KEYS);
            if let Some(headers) = encoding.get("headers") {
                self.left_out(headers.span, "a header of a form's property", "use `multipart/form-data`");
            }
            styles.push((key.text.clone(), self.encoding_style(encoding)));
        }
        self.nested_as_json(ty, &mut styles);
        // A single value is written alike in all styles but JSON.
        let are_single = properties.is_some_and(|properties| {
            let listed = |wire: &String| styles.iter().any(|(listed, _)| listed == wire);
            properties.iter().all(|(wire, is_single)| *is_single || listed(wire))
        });
        let first = styles.first().map_or(QueryStyle::FormExploded, |(_, style)| *style);
        let is_same = styles.iter().all(|(_, style)| *style == first);
        match first {
            QueryStyle::FormExploded if is_same => FormStyles::Usual,
            _ if is_same && are_single && first != QueryStyle::Json => FormStyles::All(first),
            _ => {
                styles.retain(|(_, style)| *style != QueryStyle::FormExploded);
                FormStyles::Each(styles)
            }
        }
    }

    /// Lists and objects within others have no form but `deepObject` and JSON: where nothing is said of a property, it is JSON.
    fn nested_as_json(&mut self, ty: &Type, styles: &mut Vec<(String, QueryStyle)>) {
        let Type::Named(id) = self.drafts.resolve(ty) else { return };
        let Some(Kind::Struct(record)) = self.drafts.kind(id) else { return };
        let nested = record.properties.iter().filter(|property| self.is_nested(&property.ty, false));
        let nested: Vec<(String, Span)> =
            nested.map(|property| (property.wire.clone(), property.span)).collect();
        for (wire, span) in nested {
            let label = match styles.iter().find(|(listed, _)| *listed == wire) {
                Some((_, QueryStyle::DeepObject | QueryStyle::Json)) => continue,
                Some(_) => "where it is given, the call fails",
                None => {
                    styles.push((wire, QueryStyle::Json));
                    "sent as JSON"
                }
            };
            self.problems.warning(
                Effect::Ignored,
                span,
                "a list or an object within another has no form in this property",
                label,
                "say in its `encoding` that it is `application/json`, or that its style is `deepObject`",
            );
        }
    }

    /// Names of properties, and whether each is a single value; nothing where the document does not list all of them.
    fn form_properties(&self, ty: &Type) -> Option<Vec<(String, bool)>> {
        let Type::Named(id) = self.drafts.resolve(ty) else { return None };
        let Some(Kind::Struct(record)) = self.drafts.kind(id) else { return None };
        if record.rest.is_some() || record.properties.iter().any(|property| property.is_flattened) {
            return None;
        }
        let properties = record.properties.iter();
        Some(properties.map(|property| (property.wire.clone(), self.is_single(&property.ty))).collect())
    }

    /// How a property with an encoding is written.
    fn encoding_style(&mut self, encoding: &'a Node) -> QueryStyle {
        let explode = encoding.get("explode").is_some().then(|| self.flag(encoding, "explode"));
        let is_json = self.text(encoding, "contentType").is_some_and(|given| is_json(&essence(given)));
        match (self.text(encoding, "style"), explode) {
            // What a style is given for has no media type of its own.
            (None, None) if is_json => QueryStyle::Json,
            (None | Some("form"), Some(false)) => QueryStyle::Form,
            (None | Some("form"), _) => QueryStyle::FormExploded,
            // Exploded, both delimited styles are the same as a form.
            (Some("spaceDelimited" | "pipeDelimited"), Some(true)) => QueryStyle::FormExploded,
            (Some("spaceDelimited"), _) => QueryStyle::SpaceDelimited,
            (Some("pipeDelimited"), _) => QueryStyle::PipeDelimited,
            (Some("deepObject"), _) => QueryStyle::DeepObject,
            (Some(other), _) => {
                self.problems.warning(
                    Effect::Ignored,
                    encoding.get("style").map_or(encoding.span, |style| style.span),
                    format!("a form has no style `{}`", docs::plain(other)),
                    "sent as any other property",
                    "use form, spaceDelimited, pipeDelimited or deepObject",
                );
                QueryStyle::FormExploded
            }
        }
    }
}
