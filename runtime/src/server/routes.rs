//! Routes of a specification as an axum router.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use http::header::{ALLOW, HeaderValue};
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::call::Call;
use super::problems::ErrorShape;
use super::reply::Reply;

/// The routes of an API, each with the function that serves it.
pub struct Routes<A> {
    api: Arc<A>,
    shape: ErrorShape,
    max_body_size: usize,
    entries: Vec<(String, Entry<A>)>,
}

struct Entry<A> {
    method: Method,
    template: Template,
    handler: Handler<A>,
}

impl<A> Clone for Entry<A> {
    fn clone(&self) -> Self {
        Self { method: self.method.clone(), template: self.template.clone(), handler: self.handler.clone() }
    }
}

/// Variables of a path with their values, percent-encoded.
pub(super) type Values = Vec<(&'static str, String)>;

type Handler<A> = Arc<dyn Fn(Arc<A>, Call) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

impl<A: Send + Sync + 'static> Routes<A> {
    /// No routes yet. `api` serves them all; `shape` is how errors look.
    pub fn new(api: A, shape: ErrorShape) -> Self {
        Self { api: Arc::new(api), shape, max_body_size: 10 << 20, entries: Vec::new() }
    }

    /// How large a request's body may be, in bytes. Default: 10 MiB.
    #[must_use]
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Adds a route below each of the prefixes.
    #[must_use]
    pub fn route<F, Fut>(mut self, method: Method, path: &'static str, prefixes: &[&str], serve: F) -> Self
    where
        F: Fn(Arc<A>, Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
    {
        let handler: Handler<A> = Arc::new(move |api, call| Box::pin(serve(api, call)));
        for prefix in prefixes {
            let template = Template::new(prefix, path);
            let entry = Entry { method: method.clone(), template, handler: handler.clone() };
            self.entries.push((entry.template.mounted(), entry));
        }
        self
    }

    /// The router. Paths outside of the specification answer 404, methods outside of it 405 with `Allow`.
    pub fn into_router(self) -> Router {
        let mut mounted: BTreeMap<String, Vec<Entry<A>>> = BTreeMap::new();
        for (path, entry) in self.entries {
            mounted.entry(path).or_default().push(entry);
        }
        let shape = self.shape;
        // Stars and colons are what the specification wrote; older routers took them for variables.
        let mut router = Router::new().without_v07_checks();
        for (path, entries) in mounted {
            let (api, entries) = (self.api.clone(), Arc::new(entries));
            let serve = move |request: Request| {
                dispatch(api.clone(), entries.clone(), request, shape, self.max_body_size)
            };
            router = router.route(&path, any(serve));
        }
        router.fallback(move || async move { not_found(shape) })
    }
}

impl<A> fmt::Debug for Routes<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("routes", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Hands a request to the route that fits its path and method.
async fn dispatch<A: Send + Sync + 'static>(
    api: Arc<A>,
    entries: Arc<Vec<Entry<A>>>,
    request: Request,
    shape: ErrorShape,
    max_body_size: usize,
) -> Reply {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    // A HEAD is a GET without the body.
    let is_head = head.method == Method::HEAD;
    let fits = |entry: &Entry<A>| entry.method == head.method || (is_head && entry.method == Method::GET);
    let found = entries
        .iter()
        .filter(|entry| fits(entry))
        .find_map(|entry| entry.template.values(path).map(|values| (entry, values)));
    let Some((entry, values)) = found else {
        let allowed = entries.iter().filter(|entry| entry.template.values(path).is_some());
        return not_allowed(allowed.map(|entry| entry.method.as_str()).collect(), shape);
    };
    let call = Call::new(values, head, body, max_body_size, shape);
    let reply = (entry.handler)(api, call).await;
    if is_head { reply.map(|_| Body::empty()) } else { reply }
}

/// The answer where a path has routes, but none for the method; or no routes at all.
fn not_allowed(allowed: Vec<&str>, shape: ErrorShape) -> Reply {
    if allowed.is_empty() {
        return not_found(shape);
    }
    let mut reply = shape.refuse(StatusCode::METHOD_NOT_ALLOWED, "This method is not allowed here.");
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        reply.headers_mut().insert(ALLOW, allowed);
    }
    reply
}

fn not_found(shape: ErrorShape) -> Reply {
    shape.refuse(StatusCode::NOT_FOUND, "Not found.")
}

/// A path with variables. One variable a segment, perhaps with text around it: `/files/{name}.json`.
#[derive(Debug, Clone)]
struct Template {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// Texts around and between variables, and the variables: `{a}-{b}` is `["", "-", ""]` and `[a, b]`.
    Variables {
        texts: Vec<String>,
        names: Vec<&'static str>,
    },
}

impl Template {
    fn new(prefix: &str, path: &'static str) -> Self {
        let prefix = prefix.split('/').map(|text| Segment::Literal(text.to_owned()));
        // The path begins with a slash, so what stands before it belongs to the prefix's last segment.
        Self { segments: prefix.chain(path.split('/').skip(1).map(Segment::new)).collect() }
    }

    /// The path in axum's syntax. Variables are numbered, so that routes with different names in one place go together.
    fn mounted(&self) -> String {
        let segments = self.segments.iter().enumerate().map(|(index, segment)| match segment {
            Segment::Literal(text) => text.replace('{', "{{").replace('}', "}}"),
            Segment::Variables { .. } => format!("{{p{index}}}"),
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// The variables' values, percent-encoded, where a path fits.
    fn values(&self, path: &str) -> Option<Values> {
        let mut given = path.split('/');
        let mut values = Vec::new();
        for segment in &self.segments {
            segment.take(given.next()?, &mut values)?;
        }
        given.next().is_none().then_some(values)
    }
}

impl Segment {
    fn new(segment: &'static str) -> Self {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        let mut rest = segment;
        while let Some((text, name, after)) = rest
            .split_once('{')
            .and_then(|(text, rest)| rest.split_once('}').map(|(name, after)| (text, name, after)))
        {
            texts.push(text.to_owned());
            names.push(name);
            rest = after;
        }
        if names.is_empty() {
            return Self::Literal(segment.to_owned());
        }
        texts.push(rest.to_owned());
        Self::Variables { texts, names }
    }

    fn take(&self, given: &str, values: &mut Values) -> Option<()> {
        match self {
            Self::Literal(text) => {
                (text == given || percent_decode_str(given).decode_utf8_lossy() == *text).then_some(())
            }
            Self::Variables { texts, names } => {
                let (first, rest) = texts.split_first()?;
                let mut given = given.strip_prefix(first.as_str())?;
                for (index, (text, name)) in rest.iter().zip(names).enumerate() {
                    let last = index + 1 == names.len();
                    let at = if last {
                        given.len().checked_sub(text.len())?
                    } else {
                        given.find(text.as_str())?
                    };
                    let (value, after) = (given.get(..at)?, given.get(at..)?);
                    given = after.strip_prefix(text.as_str())?;
                    if value.is_empty() {
                        return None;
                    }
                    values.push((*name, value.to_owned()));
                }
                Some(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_can_be_mounted() {
        let shape = ErrorShape { detail: "detail", fields: false };
        let paths = ["/*", "/:a", "/{*a}/b", "/{:a}", "/a*", "/{{a}}", "/}{", "//", "/{a}{b}", "/{a}/{a}"];
        let routes = paths.into_iter().fold(Routes::new((), shape), |routes, path| {
            routes.route(Method::GET, path, &["", "/:v/*"], move |_, _| async move { not_found(shape) })
        });
        let _ = routes.into_router();
    }

    #[test]
    fn templates_take_paths_apart() {
        let values = |template: &'static str, path: &str| -> Option<Vec<String>> {
            Template::new("", template)
                .values(path)
                .map(|values| values.into_iter().map(|(_, value)| value).collect())
        };
        let some = |values: &[&str]| Some(values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        for (template, path, expected) in [
            ("/a/{id}/", "/a/1/", some(&["1"])),
            ("/a/{id}/", "/a/1", None),
            ("/a/{id}/", "/a//", None),
            ("/a/{id}", "/a/b%2Fc", some(&["b%2Fc"])),
            ("/f/{name}.json", "/f/x.json", some(&["x"])),
            ("/f/{name}.json", "/f/x.yaml", None),
            ("/f/{name}.json", "/f/.json", None),
            ("/r/{a}-{b}", "/r/1-2", some(&["1", "2"])),
            ("/r/{a}-{b}", "/r/12", None),
            ("/a%20b", "/a%20b", some(&[])),
        ] {
            assert_eq!(values(template, path), expected, "{template} {path}");
        }
        assert_eq!(Template::new("/api/v1", "/a/{id}/b{x}.c").mounted(), "/api/v1/a/{p4}/{p5}");
    }
}
