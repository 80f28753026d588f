//! Webhooks and callbacks: what the service sends, and its user receives.
//!
//! A webhook stands at the document's root, a callback at the operation that asks for it. Both are described like paths, but
//! none has a path of its own: where they arrive is up to the user, or to expressions that no receiver has to know.

use super::Lower;
use super::path::Target;
use super::route::{Ids, PATH_KEYS, Unpaged};
use crate::diagnostics::Effect;
use crate::document::{METHODS, Operation, operations_of};
use crate::ir::{AuthScheme, Origin, Receiver, Route};
use crate::parse::{Key, Node};

/// Where webhooks stand: since 3.1, and before that by a convention.
pub(super) const WEBHOOKS: [&str; 2] = ["webhooks", "x-webhooks"];

impl<'a> Lower<'a> {
    /// Every webhook, then every callback of a route.
    pub(super) fn receivers(
        &mut self,
        schemes: &[AuthScheme],
        routes: &[Unpaged<'a>],
        ids: &mut Ids<'a>,
    ) -> Vec<Receiver> {
        let mut receivers = Vec::new();
        let root = self.root;
        let webhooks = WEBHOOKS.map(|key| self.mapping(root, key));
        for (name, item) in webhooks.into_iter().flatten() {
            for (wish, operation) in self.received_at(name, item, &name.text) {
                let origin = Origin::Webhook { name: name.text.clone() };
                let route = self.received(&operation, &wish, schemes, ids);
                let route = route.map(|route| Route { path: String::new(), ..route });
                receivers.extend(route.map(|route| Receiver { origin, route }));
            }
        }
        let operations = routes.iter().enumerate().filter(|(_, unpaged)| unpaged.route.form_of.is_none());
        for (at, unpaged) in operations {
            for (wish, name, operation) in self.callbacks(unpaged) {
                let origin = Origin::Callback { name: name.text.clone(), route: at };
                let route = self.received(&operation, &wish, schemes, ids);
                receivers.extend(route.map(|route| Receiver { origin, route }));
            }
        }
        self.define_pending();
        receivers
    }

    /// The callbacks of a route, with wishes for their names.
    fn callbacks(&mut self, unpaged: &Unpaged<'a>) -> Vec<(String, &'a Key, Operation<'a>)> {
        let mut found = Vec::new();
        for (name, callback) in self.mapping(unpaged.node, "callbacks") {
            let Ok(callback) = self.component(callback) else { continue };
            let addresses = callback.entries().iter().filter(|(address, _)| !address.text.starts_with("x-"));
            let addresses: Vec<&(Key, Node)> = addresses.collect();
            for (address, item) in &addresses {
                let route = unpaged.route.name.as_str();
                // What tells several addresses apart is what they have behind their expressions.
                let tail = address.text.rsplit('}').next().unwrap_or_default();
                let wish = match addresses.len() {
                    1 => format!("{route} {}", name.text),
                    _ => format!("{route} {} {tail}", name.text),
                };
                let operations = self.received_at(address, item, &wish);
                found.extend(operations.into_iter().map(|(wish, operation)| (wish, name, operation)));
            }
        }
        found
    }

    /// The methods of something that is described like a path, with wishes for their names.
    fn received_at(&mut self, key: &'a Key, item: &'a Node, wish: &str) -> Vec<(String, Operation<'a>)> {
        let Ok(target) = self.component(item) else { return Vec::new() };
        let known: Vec<&str> =
            PATH_KEYS.iter().copied().chain(METHODS.iter().map(|(name, _)| *name)).collect();
        self.check_keys(target, "a webhook or callback", &known);
        let operations: Vec<Operation<'a>> = operations_of(key, item, target).collect();
        let is_only = operations.len() == 1;
        let wish = |verb: &str| if is_only { wish.to_owned() } else { format!("{wish} {verb}") };
        operations.into_iter().map(|operation| (wish(&operation.verb.text), operation)).collect()
    }

    /// A request as its receiver sees it; nothing where it cannot be read or answered as the document says.
    fn received(
        &mut self,
        operation: &Operation<'a>,
        wish: &str,
        schemes: &[AuthScheme],
        ids: &mut Ids<'a>,
    ) -> Option<Route> {
        if let Some(callbacks) = operation.node.get("callbacks") {
            self.problems.warning(
                Effect::LeftOut,
                callbacks.span,
                "callbacks of webhooks and callbacks are not generated",
                "ignored",
                "declare their bodies under `components/schemas` to get types for them",
            );
        }
        let nowhere = Target::default();
        let (route, forms) = self.route(operation, wish, &nowhere, schemes, ids).ok()?;
        for form in forms {
            self.problems.warning(
                Effect::LeftOut,
                form.span,
                "a receiver takes its body in one form",
                "another form of the same body; it is not read",
                "remove the other one to have this one read",
            );
        }
        Some(route)
    }
}
