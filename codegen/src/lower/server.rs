//! Where the service can be reached.

use super::Lower;
use crate::ir::Server;
use crate::names::Name;
use crate::parse::{Node, Value};

/// All servers: the API's, and behind them those that single routes add.
pub(super) struct Servers(pub(super) Vec<Server>);

impl<'a> Lower<'a> {
    /// The API's servers.
    pub(super) fn general_servers(&mut self) -> Servers {
        Servers(self.listed_servers(self.root, true))
    }

    /// The places of an operation's own servers, or of its path's; none where it uses the API's.
    pub(super) fn own_servers(
        &mut self,
        item: &'a Node,
        node: &'a Node,
        servers: &mut Servers,
    ) -> Vec<usize> {
        let node = if node.get("servers").is_some() { node } else { item };
        let mut places = Vec::new();
        for server in self.listed_servers(node, false) {
            let known = servers.0.iter().position(|known| known.url == server.url);
            places.push(known.unwrap_or(servers.0.len()));
            servers.0.extend(known.is_none().then_some(server));
        }
        places
    }

    fn listed_servers(&mut self, node: &'a Node, is_general: bool) -> Vec<Server> {
        let mut servers = Vec::new();
        for (index, server) in self.list(node, "servers").iter().enumerate() {
            let Some(url) = self.text(server, "url") else {
                self.expected(server, "a server", "a mapping with `url`");
                continue;
            };
            let wanted = match (self.name_override(server), index) {
                (Some(name), _) => name,
                (None, 0) => "default".to_owned(),
                (None, _) => format!("server {}", index + 1),
            };
            let url = self.fill_variables(server, url);
            servers.push(Server {
                name: Name::shouty(&wanted),
                prefix: prefix(&url),
                url,
                is_general,
                text: self.words(server),
            });
        }
        servers
    }

    /// Puts each variable's default into a server's URL.
    fn fill_variables(&mut self, server: &'a Node, url: &str) -> String {
        let mut filled = url.to_owned();
        for (name, variable) in self.mapping(server, "variables") {
            let default = match variable.get("default").map(|default| &default.value) {
                Some(Value::String(text) | Value::Number(text)) => text.clone(),
                _ => {
                    self.expected(variable, "a server variable", "a mapping with a `default`");
                    continue;
                }
            };
            filled = filled.replace(&format!("{{{}}}", name.text), &default);
        }
        filled
    }
}

/// The path of a URL without a slash at its end: `https://host/api/` has `/api`.
fn prefix(url: &str) -> String {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = if url.starts_with('/') {
        url
    } else {
        behind_scheme.find('/').map_or("", |at| &behind_scheme[at..])
    };
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}
