//! Routes of a specification as an axum router.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::routing::any;
use http::header::{ALLOW, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, percent_decode_str, percent_encode, utf8_percent_encode};

use super::call::Call;
use super::problems::ErrorShape;
use super::reply::Reply;
use super::table::{Row, Serving, Table};
use super::user_path::UserPath;
use crate::Result;
use crate::param::{LITERAL, RESERVED};
use crate::stream::Ready;

/// The routes of an API, each with the function that serves it.
pub struct Routes<A> {
    api: Arc<A>,
    settings: Settings,
    entries: Vec<(String, Entry<A>)>,
    elsewhere: Elsewhere,
}

/// What answers paths without a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Elsewhere {
    /// A fallback of the router.
    Own,
    /// Whatever the router is merged into.
    Others,
}

/// What every call needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) shape: ErrorShape,
    pub(super) general: Option<&'static str>,
    pub(super) max_body_size: usize,
    pub(super) body_timeout: Option<Duration>,
    pub(super) keep_alive: Option<Duration>,
    pub(super) others: Others,
}

/// What becomes of an error answer that a method got from another service and returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// It goes out as it is: the method may stand between that service and the caller.
    PassedOn,
    /// Nobody hears of it: the caller has no business with that service.
    KeptBack,
}

impl Settings {
    fn new(shape: ErrorShape) -> Self {
        Self {
            shape,
            general: None,
            max_body_size: 10 << 20,
            body_timeout: Some(Duration::from_secs(60)),
            keep_alive: Some(Duration::from_secs(15)),
            others: Others::PassedOn,
        }
    }

    /// The name for problems of a request as a whole.
    pub(super) fn general(&self) -> &'static str {
        self.general.unwrap_or(self.shape.detail)
    }
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

pub(super) type Handler<A> = Arc<dyn for<'a> Fn(&'a A, &'a mut Call) -> Serving<'a> + Send + Sync>;

impl<A: Send + Sync + 'static> Routes<A> {
    /// No routes yet. `api` serves them all; `shape` is how errors look.
    pub fn new(api: A, shape: ErrorShape) -> Self {
        Self::shared(Arc::new(api), shape)
    }

    /// The same for an implementation that others hold, too.
    pub fn shared(api: Arc<A>, shape: ErrorShape) -> Self {
        Self { api, settings: Settings::new(shape), entries: Vec::new(), elsewhere: Elsewhere::Own }
    }

    /// How large a request's body may be, in bytes. Default: 10 MiB.
    #[must_use]
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.settings.max_body_size = bytes;
        self
    }

    /// How long a request's body may take to arrive, once its head is there. A slower one is answered with 408, and its
    /// connection is closed. Default: 60 seconds. Bytes that a method reads while they arrive may take longer, as long as
    /// they are never silent for this long.
    #[must_use]
    pub fn body_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.settings.body_timeout = limit.into();
        self
    }

    /// After how much silence an event stream gets a comment, which clients ignore: proxies and clients close connections
    /// on which nothing moves. It costs one timer for each stream that waits. Default: 15 seconds.
    #[must_use]
    pub fn event_keep_alive(mut self, silence: impl Into<Option<Duration>>) -> Self {
        self.settings.keep_alive = silence.into();
        self
    }

    /// The name under which problems of a request as a whole are listed, where problems are listed by name. Default: the
    /// property that says what is wrong in other errors, [`ErrorShape::detail`].
    #[must_use]
    pub fn general_problems(mut self, name: &'static str) -> Self {
        self.settings.general = Some(name);
        self
    }

    /// Leaves paths outside of the specification to the router that this one is merged into. Without it, they are answered
    /// here, and `merge` panics where that router has a fallback of its own. A path that differs from one of the specification
    /// by no more than a text around a variable, such as the `.json` of `/{name}.json`, is answered here all the same.
    ///
    /// Where a part of a path begins with a star or a colon, that router needs `without_v07_checks()`.
    ///
    /// ```
    /// # use runtime::server::{ErrorShape, Routes, axum::Router};
    /// # let routes = Routes::new((), ErrorShape { detail: "detail", fields: false });
    /// let pages = Router::new().fallback(|| async { "the start page" });
    /// let router: Router = pages.merge(routes.without_fallback().into_router());
    /// ```
    #[must_use]
    pub fn without_fallback(mut self) -> Self {
        self.elsewhere = Elsewhere::Others;
        self
    }

    /// Keeps error answers of other services back.
    pub(super) fn keeping_back(mut self) -> Self {
        self.settings.others = Others::KeptBack;
        self
    }

    /// Adds the routes of a table.
    #[must_use]
    pub fn mount(self, table: Table<A>) -> Self {
        table.rows.into_iter().fold(self, |routes, Row { method, path, key: prefixes, serve }| {
            routes.route(method, path, prefixes, serve)
        })
    }

    /// Adds a route below each of the prefixes.
    #[must_use]
    pub fn route<F>(mut self, method: Method, path: &'static str, prefixes: &[&str], serve: F) -> Self
    where
        F: for<'a> Fn(&'a A, &'a mut Call) -> Serving<'a> + Send + Sync + 'static,
    {
        let handler: Handler<A> = Arc::new(serve);
        for prefix in prefixes {
            let template = Template::new(prefix, path);
            let entry = Entry { method: method.clone(), template, handler: handler.clone() };
            let mounted = entry.template.mounted().into_iter();
            self.entries.extend(mounted.map(|path| (path, entry.clone())));
        }
        self
    }

    /// Adds a route at a path that its user wrote: no value of it is asked for by name, and layers find its variables by theirs.
    pub(super) fn route_at<F>(mut self, method: Method, path: &UserPath, serve: F) -> Self
    where
        F: for<'a> Fn(&'a A, &'a mut Call) -> Serving<'a> + Send + Sync + 'static,
    {
        let segments = path.as_str().split('/').map(|segment| Segment::new(segment, |_| ""));
        let template = Template { segments: segments.collect() };
        self.entries.push((path.as_str().to_owned(), Entry { method, template, handler: Arc::new(serve) }));
        self
    }

    /// The router. Paths outside of the specification answer 404, methods outside of it 405 with `Allow`. A router has one
    /// fallback, so of several in an application all but one are made [`without_fallback`](Self::without_fallback), or nested.
    ///
    /// # Panics of a method
    ///
    /// They end the connection without an answer, as in any router of axum, and other connections go on. An answer
    /// in their place is a matter of a layer, such as that of `tower-http` (feature `catch-panic`). An event stream or a
    /// download that has begun breaks off in either case.
    ///
    /// ```
    /// # use runtime::server::{ErrorShape, Routes, axum::Router};
    /// # let routes = Routes::new((), ErrorShape { detail: "detail", fields: false });
    /// use axum::Json;
    /// use axum::http::StatusCode;
    /// use axum::response::IntoResponse;
    /// use tower_http::catch_panic::CatchPanicLayer;
    ///
    /// let words = || Json(serde_json::json!({ "detail": "Something went wrong." }));
    /// let caught = CatchPanicLayer::custom(move |_| (StatusCode::INTERNAL_SERVER_ERROR, words()).into_response());
    /// let router: Router = routes.into_router().layer(caught);
    /// ```
    pub fn into_router(self) -> Router {
        let settings = self.settings;
        let mut mounted: BTreeMap<String, Vec<Entry<A>>> = BTreeMap::new();
        let mut all = Vec::new();
        for (path, entry) in self.entries {
            all.push(entry.clone());
            for path in spellings(path) {
                mounted.entry(path).or_default().push(entry.clone());
            }
        }
        let all = by_vagueness(all);
        // Their paths are those of others, too.
        let wide: Vec<_> = all.iter().filter(|entry| entry.template.is_wide()).cloned().collect();
        // Stars and colons are what the specification wrote; older routers took them for variables.
        let mut router = Router::new().without_v07_checks();
        for (path, entries) in mounted {
            let entries = entries.into_iter().chain(wide.iter().cloned()).collect();
            let serve = server(self.api.clone(), by_vagueness(entries), all.clone(), settings);
            router = router.route(&path, any(serve));
        }
        match self.elsewhere {
            Elsewhere::Own => router.fallback(server(self.api, Arc::default(), all, settings)),
            Elsewhere::Others => router,
        }
    }
}

type Entries<A> = Arc<Vec<Entry<A>>>;

/// Where several fit, the one that says most about the path is meant.
fn by_vagueness<A>(mut entries: Vec<Entry<A>>) -> Entries<A> {
    entries.sort_by_key(|entry| entry.template.vagueness());
    Arc::new(entries)
}

/// A path of the router as senders may spell it, because the router compares what was sent: as it is written, with as few
/// escapes as can be, in either letters and without those that browsers would add, and with as many.
fn spellings(path: String) -> BTreeSet<String> {
    let with = |spelled: fn(&str) -> String| {
        let parts = path.split('/').map(|part| match part.starts_with('{') {
            true => part.to_owned(),
            false => spelled(part),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let plain = with(|part| respelled(part, PLAIN));
    BTreeSet::from([in_small(&plain), with(unescaped), with(|part| respelled(part, RESERVED)), plain, path])
}

/// What a part of a path must not have as it is.
const PLAIN: &AsciiSet = &LITERAL.add(b'%').add(b'/');

/// The same text with other escapes.
fn respelled(text: &str, escaped: &'static AsciiSet) -> String {
    percent_encode(&Vec::from_iter(percent_decode_str(text)), escaped).to_string()
}

/// A text with letters of other scripts as they are, which some programs send.
fn unescaped(text: &str) -> String {
    let Ok(meant) = percent_decode_str(text).decode_utf8() else { return respelled(text, PLAIN) };
    let spelled = meant.chars().map(|letter| match letter.is_ascii() {
        true => utf8_percent_encode(letter.encode_utf8(&mut [0; 4]), PLAIN).to_string(),
        false => letter.to_string(),
    });
    spelled.collect()
}

/// A path with its escapes in small letters.
fn in_small(path: &str) -> String {
    let mut pieces = path.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |path, piece| {
        let (escape, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        format!("{path}%{}{rest}", escape.to_ascii_lowercase())
    })
}

/// A function that hands a request to the route that fits its path and method. `here`: those that the router found; `all`:
/// where they do not fit, or others may fit better. The router does not know that `/%61` and `/a` are the same.
fn server<A: Send + Sync + 'static>(
    api: Arc<A>,
    here: Entries<A>,
    all: Entries<A>,
    settings: Settings,
) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Clone + Send + Sync + 'static {
    move |request| {
        let path = request.uri().path();
        let fits = |entry: &Entry<A>| entry.template.values(path).is_some();
        let found = !path.contains('%') && here.iter().any(fits);
        let entries = if found { here.clone() } else { all.clone() };
        Box::pin(dispatch(api.clone(), entries, request, settings))
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
    entries: Entries<A>,
    request: Request,
    settings: Settings,
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
        return not_allowed(allowed.map(|entry| &entry.method).collect(), settings.shape);
    };
    let mut call = Call::new(values, head, body, settings);
    let reply = (entry.handler)(&api, &mut call).await;
    let reply = reply.unwrap_or_else(|| call.refuse());
    // The length is that of the body which is not sent.
    if is_head { without_body(reply) } else { reply }
}

fn without_body(reply: Reply) -> Reply {
    let (mut head, body) = reply.into_parts();
    if matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        // What never has a body has no length either (RFC 9110, 8.6); the router gives one to whatever has an end in sight.
        return Reply::from_parts(head, Body::from_stream(Ready(Vec::<Result<Bytes>>::new().into_iter())));
    }
    let is_framed = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| head.headers.contains_key(name));
    match body.size_hint().exact() {
        Some(length) if !is_framed => _ = head.headers.insert(CONTENT_LENGTH, length.into()),
        _ => {}
    }
    // The router takes the body away; if it were empty here, it would say that its length is 0.
    Reply::from_parts(head, body)
}

/// The answer where a path has routes, but none for the method; or no routes at all.
fn not_allowed(allowed: Vec<&Method>, shape: ErrorShape) -> Reply {
    if allowed.is_empty() {
        return not_found(shape);
    }
    let has_get = allowed.contains(&&Method::GET);
    // A HEAD is always answered where a GET is.
    let head = has_get.then_some(&Method::HEAD);
    let allowed: BTreeSet<&str> = allowed.into_iter().chain(head).map(Method::as_str).collect();
    let mut reply = shape.refuse(StatusCode::METHOD_NOT_ALLOWED, "This method is not allowed here.");
    if let Ok(allowed) = HeaderValue::from_str(&Vec::from_iter(allowed).join(", ")) {
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

/// How many segments all variables `{+name}` of a path stand for where the router passes on what it does not know, and each of
/// them where another one follows.
const MOST_SEGMENTS: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// Texts around and between variables, as they are sent, and the variables: `{a}-{b}` is `["", "-", ""]` and `[a, b]`.
    Variables {
        texts: Vec<String>,
        names: Vec<&'static str>,
        /// One of them, `{+name}`, may stand for several segments.
        is_wide: bool,
    },
}

impl Template {
    fn new(prefix: &str, path: &'static str) -> Self {
        let before = prefix.split('/').map(|text| Segment::Literal(text.to_owned()));
        // The path begins with a slash, so what stands before it belongs to the prefix's last segment.
        let segments = path.split('/').skip(1);
        let unmarked = |name: &'static str| name.strip_prefix('+').unwrap_or(name);
        Self { segments: before.chain(segments.map(|segment| Segment::new(segment, unmarked))).collect() }
    }

    fn is_wide(&self) -> bool {
        self.segments.iter().any(Segment::is_wide)
    }

    /// The path in axum's syntax, for each number of segments that there may be. Variables are numbered, so that routes with
    /// different names in one place go together.
    fn mounted(&self) -> Vec<String> {
        let mut mounted = vec![(Vec::new(), MOST_SEGMENTS)];
        for segment in &self.segments {
            // With each number of segments that those before it leave.
            let longer = mounted.into_iter().flat_map(|(before, left)| {
                let most = if segment.is_wide() { left } else { 1 };
                (1..=most).map(move |count| {
                    let left = if segment.is_wide() { left - count } else { left };
                    ([&before[..], &vec![segment; count]].concat(), left)
                })
            });
            mounted = longer.collect();
        }
        let written = mounted.into_iter().map(|(segments, _)| {
            let segments = segments.into_iter().enumerate().map(|(index, segment)| match segment {
                // The router compares what was sent.
                Segment::Literal(text) => utf8_percent_encode(text, LITERAL).to_string(),
                Segment::Variables { .. } => format!("{{p{index}}}"),
            });
            segments.collect::<Vec<_>>().join("/")
        });
        written.collect()
    }

    /// How little it says about each segment.
    fn vagueness(&self) -> Vec<u8> {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Variables { texts, is_wide, .. } => {
                let is_bare = texts.iter().all(String::is_empty);
                1 + u8::from(is_bare) + if *is_wide { 2 } else { 0 }
            }
        });
        segments.collect()
    }

    /// The variables' values, percent-encoded, where a path fits.
    fn values(&self, path: &str) -> Option<Values> {
        let mut values = Vec::new();
        fit(&self.segments, Some(path), &mut values, &mut BTreeSet::new())?;
        Some(values)
    }
}

/// Takes apart what is left of a path; `None` where its last segment was taken. `failed`: how many segments did not take how much
/// of the path, so that nothing is tried twice.
fn fit(
    segments: &[Segment],
    given: Option<&str>,
    values: &mut Values,
    failed: &mut BTreeSet<(usize, Option<usize>)>,
) -> Option<()> {
    let Some((segment, behind)) = segments.split_first() else { return given.is_none().then_some(()) };
    let given = given?;
    if !segment.is_wide() {
        let (taken, rest) = given.split_once('/').map_or((given, None), |(taken, rest)| (taken, Some(rest)));
        segment.take(taken, values)?;
        return fit(behind, rest, values, failed);
    }
    // As much as can be: what those behind it leave, or what lets them fit.
    let ends = match behind.len() {
        0 => vec![given.len()],
        count if !behind.iter().any(Segment::is_wide) => {
            given.rmatch_indices('/').nth(count - 1).map(|(at, _)| at).into_iter().collect()
        }
        _ => {
            let slashes = given.match_indices('/').map(|(at, _)| at);
            let mut ends = Vec::from_iter(slashes.take(MOST_SEGMENTS));
            ends.reverse();
            ends
        }
    };
    let known = values.len();
    for end in ends {
        let (taken, rest) = (given.get(..end)?, given.get(end + 1..));
        let tried = (behind.len(), rest.map(str::len));
        values.truncate(known);
        if failed.contains(&tried) || segment.take(taken, values).is_none() {
            continue;
        }
        if fit(behind, rest, values, failed).is_some() {
            return Some(());
        }
        failed.insert(tried);
    }
    None
}

impl Segment {
    fn is_wide(&self) -> bool {
        matches!(self, Self::Variables { is_wide: true, .. })
    }

    /// `named`: the name by which the value of a variable is kept.
    fn new<'a>(segment: &'a str, named: impl Fn(&'a str) -> &'static str) -> Self {
        let (mut texts, mut names, mut is_wide) = (Vec::new(), Vec::new(), false);
        let sent = |text: &str| utf8_percent_encode(text, LITERAL).to_string();
        let mut rest = segment;
        while let Some((text, name, after)) = rest
            .split_once('{')
            .and_then(|(text, rest)| rest.split_once('}').map(|(name, after)| (text, name, after)))
        {
            texts.push(sent(text));
            names.push(named(name));
            is_wide |= name.starts_with('+');
            rest = after;
        }
        if names.is_empty() {
            return Self::Literal(segment.to_owned());
        }
        texts.push(sent(rest));
        Self::Variables { texts, names, is_wide }
    }

    fn take(&self, given: &str, values: &mut Values) -> Option<()> {
        match self {
            Self::Literal(text) => {
                let means = |text: &str| Vec::from_iter(percent_decode_str(text));
                let given_means = || means(given);
                (text == given || given_means() == text.as_bytes() || given_means() == means(text))
                    .then_some(())
            }
            Self::Variables { texts, names, .. } => {
                // What is escaped belongs to a value; only where that does not fit, texts were sent with other escapes.
                let found = between(texts, given).or_else(|| {
                    let alike = |text: &str| respelled(text, RESERVED);
                    between(&texts.iter().map(|text| alike(text)).collect::<Vec<_>>(), &alike(given))
                })?;
                values.extend(names.iter().copied().zip(found));
                Some(())
            }
        }
    }
}

/// What stands between texts, each of them as early as can be but the last.
fn between(texts: &[String], given: &str) -> Option<Vec<String>> {
    let (first, rest) = texts.split_first()?;
    let mut given = given.strip_prefix(first.as_str())?;
    let mut found = Vec::new();
    for (index, text) in rest.iter().enumerate() {
        let last = index + 1 == rest.len();
        let at = if last { given.len().checked_sub(text.len())? } else { given.find(text.as_str())? };
        let (value, after) = (given.get(..at)?, given.get(at..)?);
        given = after.strip_prefix(text.as_str())?;
        if value.is_empty() {
            return None;
        }
        found.push(value.to_owned());
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_can_be_mounted() {
        let shape = ErrorShape { detail: "detail", fields: false };
        let paths = ["/*", "/:a", "/{*a}/b", "/{:a}", "/a*", "/{{a}}", "/}{", "//", "/{a}{b}", "/{a}/{a}"];
        let routes = paths.into_iter().fold(Routes::new((), shape), |routes, path| {
            routes.route(Method::GET, path, &["", "/:v/*"], move |_, _| {
                Box::pin(async move { Some(not_found(shape)) })
            })
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
            ("/é{a} b", "/%C3%A9x%20b", some(&["x"])),
            ("/é{a}", "/%c3%a9x", some(&["x"])),
            ("/v/{a}:run", "/v/x%3Ay:run", some(&["x%3Ay"])),
            ("/v/{a}:run", "/v/x%3Arun", some(&["x"])),
            ("/v/{a}:run", "/v/x:stop", None),
            ("/r/{a}:{b}", "/r/1%3A2:3,4", some(&["1%3A2", "3,4"])),
            ("/v/{+a}", "/v/x/y//z", some(&["x/y//z"])),
            ("/v/{+a}", "/v/", None),
            ("/v/{+a}:run", "/v/x:run/y%3Arun:run", some(&["x:run/y%3Arun"])),
            ("/v/{+a}:run", "/v/x/y:stop", None),
            ("/v/{+a}/in/{b}", "/v/x/y/in/z", some(&["x/y", "z"])),
            ("/v/{+a}/in/{b}", "/v/in/z", None),
            ("/v/{+a}/{+b}", "/v/x/y/z", some(&["x/y", "z"])),
            ("/{+a}/b/{+b}", "/x/b/y/z", some(&["x", "y/z"])),
            ("/{+a}/b/{+b}", "/x/b/y/b/z/w", some(&["x/b/y", "z/w"])),
            ("/{+a}/b/{+b}:go", "/x/b/y/b/z:go", some(&["x/b/y", "z"])),
            ("/{+a}/b/{+b}:go", "/x/b/y/b/z", None),
            ("/{+a}/{b}/{+c}/d/{e}", "/1/2/3/4/d/5", some(&["1/2", "3", "4", "5"])),
            ("/{+a}/b/{+b}", "/b/b", None),
            ("/{+a}/b/{+b}", "/b/b/b", some(&["b", "b"])),
            ("/v('{a}')", "/v%28%27%E4%BD%A0%2f%27%29", some(&["%E4%BD%A0%2F"])),
        ] {
            assert_eq!(values(template, path), expected, "{template} {path}");
        }
        let mounted = |template| Template::new("/api/v1", template).mounted();
        assert_eq!(mounted("/a/{id}/b{x}.c"), ["/api/v1/a/{p4}/{p5}"]);
        assert_eq!(mounted("/a/{+id}:x/b")[..2], ["/api/v1/a/{p4}/b", "/api/v1/a/{p4}/{p5}/b"]);
        let two = mounted("/{+a}/b/{+c}");
        assert_eq!(two[..2], ["/api/v1/{p3}/b/{p5}", "/api/v1/{p3}/b/{p5}/{p6}"]);
        assert_eq!(two.len(), 15 * 16 / 2);
        let spelled = |path: &str| Vec::from_iter(spellings(path.to_owned()));
        assert_eq!(spelled("/a/{p2}/b~c"), ["/a/{p2}/b~c"]);
        assert_eq!(
            spelled("/%61%2fb:c/{x}"),
            ["/%61%2fb:c/{x}", "/a%2Fb%3Ac/{x}", "/a%2Fb:c/{x}", "/a%2fb:c/{x}"]
        );
        assert_eq!(spelled("/%C3%A9"), ["/%C3%A9", "/%c3%a9", "/é"]);
        // Beside it, a router that this one is merged into can have other paths.
        assert_eq!(mounted("/café/a b%20c/*:{"), ["/api/v1/caf%C3%A9/a%20b%20c/*:%7B"]);
    }
}
