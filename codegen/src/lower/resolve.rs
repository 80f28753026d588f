//! Following `$ref` within the document, with a complaint where it leads nowhere.

use super::Lower;
use super::body::LeftOut;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::{Broken, Fault};
use crate::parse::Node;

impl<'a> Lower<'a> {
    /// A schema, or what its `$ref` leads to in the end. Nothing where a reference is broken: it is any JSON, and that is
    /// reported.
    pub(super) fn deref(&mut self, node: &'a Node) -> Option<&'a Node> {
        self.document.resolve(node).map_err(|broken| self.report(broken, Effect::Untyped)).ok()
    }

    /// What a `$ref` value of a schema points to, one step. Nothing where it is broken, as for [`Self::deref`].
    pub(super) fn target(&mut self, reference: &'a Node) -> Option<&'a Node> {
        self.document.target(reference).map_err(|broken| self.report(broken, Effect::Untyped)).ok()
    }

    /// Something that is no schema, or what its `$ref` leads to in the end.
    ///
    /// # Errors
    /// A reference is broken, so what needs it is left out; that is reported.
    pub(super) fn component(&mut self, node: &'a Node) -> Result<&'a Node, LeftOut> {
        self.document.resolve(node).map_err(|broken| {
            self.report(broken, Effect::LeftOut);
            LeftOut
        })
    }

    fn report(&mut self, Broken { reference, fault }: Broken<'a>, effect: Effect) {
        let (message, label, help) = match fault {
            Fault::Missing(pointer) => return self.report_missing(reference, pointer, effect),
            Fault::NotText => ("`$ref` must be text", "this is something else", "write text here"),
            Fault::Address => {
                return self.problems.error(
                    reference.span,
                    "a reference to an address is not followed",
                    "leads out of the document's folder",
                    "download the file into the document's folder, and refer to it by its path",
                );
            }
            Fault::Outside => {
                return self.problems.error(
                    reference.span,
                    "a reference does not lead out of the document's folder",
                    "leads to another folder",
                    "move the file below the folder of the document",
                );
            }
            Fault::Unread(reason) => {
                return self.problems.warning(
                    effect,
                    reference.span,
                    format!("this file cannot be read: {reason}"),
                    outcome("leads to this file", effect),
                    "add the file, or correct the reference",
                );
            }
            Fault::Whole => (
                "a reference to the whole document leads to no definition",
                "leads to everything",
                "point to a definition with `#/components/...`",
            ),
            Fault::Circle if matches!(effect, Effect::Untyped) => {
                return self.untyped(reference.span, "a reference that leads back to itself", TO_DEFINITION);
            }
            Fault::Circle => ("a reference leads back to itself", "leads to no definition", TO_DEFINITION),
        };
        self.problems.warning(effect, reference.span, message, outcome(label, effect), help);
    }

    fn report_missing(&mut self, reference: &Node, pointer: &str, effect: Effect) {
        let help = match self.similar(pointer) {
            Some(name) => format!("did you mean `#{name}`?"),
            None => "define it, or correct the reference".to_owned(),
        };
        self.problems.warning(
            effect,
            reference.span,
            match reference.as_str() {
                Some(text) if !text.starts_with('#') => format!("`{}` does not exist", docs::plain(text)),
                _ => format!("`#{}` does not exist in this document", docs::plain(pointer)),
            },
            outcome("leads nowhere", effect),
            help,
        );
    }

    /// A sibling of the missing target whose name differs only in case or punctuation, or is close to it.
    ///
    /// Not for the last of very many: all siblings are looked at.
    fn similar(&self, pointer: &str) -> Option<String> {
        if self.problems.len() > 100 {
            return None;
        }
        let (parent, wanted) = pointer.rsplit_once('/')?;
        let siblings = self.document.at(parent)?.entries();
        let plain = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let wanted = plain(wanted);
        siblings
            .iter()
            .map(|(key, _)| key.text.as_str())
            .find(|name| {
                let name = plain(name);
                name == wanted
                    || name.strip_suffix('s') == Some(&wanted)
                    || wanted.strip_suffix('s') == Some(&name)
            })
            .map(|name| format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

const TO_DEFINITION: &str = "let one of the references point to a definition";

/// What is wrong with a reference, and what becomes of the place that has it.
fn outcome(label: &str, effect: Effect) -> String {
    match effect {
        Effect::Untyped => format!("{label}; becomes `Value`, any JSON"),
        _ => format!("{label}; what needs it is left out"),
    }
}
