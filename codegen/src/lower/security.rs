//! Security: ways to authenticate, and which of them a call needs.

use super::Lower;
use crate::diagnostics::Effect;
use crate::docs;
use crate::ir::{AuthKind, AuthScheme, Security};
use crate::parse::{Node, Value};

impl<'a> Lower<'a> {
    /// Every way to authenticate that the runtime knows.
    pub(super) fn auth_schemes(&mut self) -> Vec<AuthScheme> {
        let Some(components) = self.root.get("components") else { return Vec::new() };
        let components = self.document.container(components);
        let mut schemes = Vec::new();
        for (key, scheme) in self.mapping(components, "securitySchemes") {
            let Ok(scheme) = self.component(scheme) else { continue };
            if let Some(kind) = self.auth_kind(scheme) {
                schemes.push(AuthScheme { name: key.text.clone(), kind });
            }
        }
        schemes
    }

    fn auth_kind(&mut self, scheme: &'a Node) -> Option<AuthKind> {
        let text = |key: &str| scheme.get(key).and_then(Node::as_str);
        let name = text("name").unwrap_or_default().to_owned();
        if text("type") == Some("apiKey")
            && (name.is_empty() || (text("in") != Some("query") && !self.is_token(&name)))
        {
            self.left_out(
                scheme.get("name").map_or(scheme.span, |name| name.span),
                "an API key without a name that could be sent",
                "write the `name` as it is sent: letters, digits and hyphens",
            );
            return None;
        }
        let http = text("scheme").map(str::to_ascii_lowercase);
        match (text("type"), text("in"), http.as_deref()) {
            (Some("apiKey"), Some("header"), _) => {
                let prefix = self.text(scheme, "x-prefix").unwrap_or_default().to_owned();
                if let Some(given) =
                    scheme.get("x-prefix").filter(|_| !prefix.bytes().all(|b| matches!(b, b' '..=b'~')))
                {
                    self.problems.error(
                        given.span,
                        "`x-prefix` must be text of visible ASCII characters",
                        "cannot stand in a header",
                        "write what stands before the key, such as `Api-Key `",
                    );
                }
                Some(AuthKind::Header { header: name, prefix })
            }
            (Some("apiKey"), Some("query"), _) => Some(AuthKind::Query(name)),
            (Some("apiKey"), Some("cookie"), _) => Some(AuthKind::Cookie(name)),
            (Some("http"), _, Some("basic")) => Some(AuthKind::Basic),
            (Some("http"), _, Some("bearer")) | (Some("oauth2" | "openIdConnect"), ..) => {
                Some(AuthKind::Bearer)
            }
            (Some("mutualTLS"), ..) => {
                self.problems.warning(
                    Effect::LeftOut,
                    scheme.span,
                    "a certificate of the client belongs to the connection",
                    "nothing is sent for it",
                    "pass your own HTTP client, which has the certificate",
                );
                None
            }
            _ => {
                self.problems.warning(
                    Effect::LeftOut,
                    scheme.span,
                    "this way to authenticate is not supported",
                    "ignored, and with it each alternative that needs it",
                    "apiKey, http basic, http bearer, oauth2 and openIdConnect are; for others pass your own HTTP client",
                );
                None
            }
        }
    }

    /// The type of a scheme of this name, whether or not it is supported.
    fn declared(&self, name: &str) -> Option<&'a str> {
        let components = self.document.container(self.root.get("components")?);
        let schemes = self.document.container(components.get("securitySchemes")?);
        let scheme = self.document.resolve(schemes.get(name)?).ok()?;
        Some(scheme.get("type").and_then(Node::as_str).unwrap_or_default())
    }

    /// The security requirement of the document or an operation; nothing where it has none of its own.
    pub(super) fn security(&mut self, node: &'a Node, schemes: &[AuthScheme]) -> Option<Security> {
        node.get("security")?;
        let mut alternatives = Security::new();
        for requirement in self.list(node, "security") {
            let mut set = Vec::new();
            // What the connection does.
            let mut by_others = 0;
            if !matches!(requirement.value, Value::Object(_)) {
                self.expected(requirement, "a security requirement", "a mapping");
                continue;
            }
            for (key, _) in requirement.entries() {
                if schemes.iter().any(|scheme| scheme.name == key.text) {
                    set.push(key.text.clone());
                    continue;
                }
                // What was declared has its warning.
                match self.declared(&key.text) {
                    Some("mutualTLS") => by_others += 1,
                    Some(_) => {}
                    None => {
                        self.problems.warning(
                            Effect::LeftOut,
                            key.span,
                            format!("no usable security scheme is called `{}`", docs::plain(&key.text)),
                            "this alternative is ignored",
                            "declare it under `components/securitySchemes`",
                        );
                    }
                }
            }
            if set.len() + by_others == requirement.entries().len() {
                alternatives.push(set);
            }
        }
        Some(alternatives)
    }
}
