//! Servers: the document's own, and those that single routes have instead.

use super::Lower;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::{Operation, prefix, server_url, variables};
use crate::ir::Server;
use crate::names::Name;
use crate::parse::{Node, Value};

impl<'a> Lower<'a> {
    /// The servers of the whole document.
    pub(super) fn general_servers(&mut self) -> Vec<Server> {
        let root = self.root;
        self.servers(root, true)
    }

    /// Places of a route's own servers. Those that nothing has used before are added.
    pub(super) fn own_servers(&mut self, operation: &Operation<'a>, known: &mut Vec<Server>) -> Vec<usize> {
        let Some(own) = operation.levels().rev().find(|node| node.get("servers").is_some()) else {
            return Vec::new();
        };
        let mut places = Vec::new();
        for server in self.servers(own, false) {
            let place = known.iter().position(|known| known.url == server.url).unwrap_or(known.len());
            if place == known.len() {
                known.push(server);
            }
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    fn servers(&mut self, node: &'a Node, is_general: bool) -> Vec<Server> {
        let mut servers = Vec::new();
        for (index, server) in self.list(node, "servers").iter().enumerate() {
            if self.text(server, "url").is_none() {
                self.expected(server, "a server", "a mapping with `url`");
            }
            self.check_variables(server);
            let Some(url) = server_url(server) else { continue };
            if let Some(variable) = variables(&url).next() {
                self.problems.warning(
                    Effect::Ignored,
                    server.get("url").map_or(server.span, |url| url.span),
                    format!("the variable `{}` of this server is not declared", docs::plain(variable)),
                    "stays as it is, so a client needs another base URL",
                    "declare it under `variables`, with a `default`",
                );
            }
            let wanted = match (self.name_override(server), index) {
                (Some(name), _) => name,
                // Whatever servers the document has, or will have.
                (None, _) if !is_general => place(&url),
                (None, 0) => "default".to_owned(),
                (None, _) => format!("server {}", index + 1),
            };
            servers.push(Server {
                name: Name::shouty(&wanted),
                prefix: prefix(&url),
                url,
                is_general,
                text: self.described(server),
            });
        }
        servers
    }

    /// Complains about variables that cannot be put into the URL.
    fn check_variables(&mut self, server: &'a Node) {
        for (_, variable) in self.mapping(server, "variables") {
            let default = variable.get("default").map(|default| &default.value);
            if !matches!(default, Some(Value::String(_) | Value::Number(_))) {
                self.expected(variable, "a server variable", "a mapping with a `default`");
            }
        }
    }
}

/// What a URL leads to, for a name: `https://photos.example/v1` is `photos.example/v1`.
fn place(url: &str) -> String {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let place = place.split(['?', '#']).next().unwrap_or_default();
    if place.contains(char::is_alphanumeric) { place.to_owned() } else { "server".to_owned() }
}
