//! All items of a list that comes in pages.
//!
//! Comes in: a function that fetches one page and returns its items with the link or token of the next page.
//! Goes out: the items, one by one, fetching as needed. Must not: follow a link. Only the query parameters that
//! select a page are read from it, so a server cannot send the client, and its key, elsewhere; nor can it keep
//! the client walking in circles.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::BuildHasher;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::Method;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::error::{CallInfo, Error, Operation, PageError, Result};
use crate::stream::Ready;

/// So many pages in a row may be empty.
const MAX_EMPTY_PAGES: usize = 100;

/// What fetching a page returns: its items, and the link or token of the next one.
type Page<T> = (Vec<T>, Option<String>);

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemPage<T> {
    /// Its items, or those that were not taken one by one.
    pub items: Vec<T>,
    /// The cursor that it was asked for with; nothing for the first page.
    pub cursor: Option<String>,
    /// The query parameter that `cursor` is a value of; nothing for the first page, and where pages have tokens.
    pub parameter: Option<&'static str>,
    /// The cursor of the page behind it, as the server names it; nothing for the last page.
    pub next: Option<String>,
    /// The query parameter that `next` is a value of, as for `parameter`.
    pub next_parameter: Option<&'static str>,
}

/// What a page is asked for with, for those who want to keep it.
#[derive(Debug, Clone, Default, Hash)]
struct Place {
    parameter: Option<&'static str>,
    cursor: Option<String>,
}

impl<T> ItemPage<T> {
    fn new(items: Vec<T>, Place { parameter, cursor }: Place, behind: Place) -> Self {
        Self { items, cursor, parameter, next: behind.cursor, next_parameter: behind.parameter }
    }
}

/// All items of a paged list. Pages are fetched when they are needed; nothing is fetched before the first
/// item is asked for.
///
/// It is a [`Stream`], and [`try_next`](Self::try_next) needs no other crate. After the first error it has
/// ended.
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// use runtime::Items;
///
/// let mut items = Items::by_link("page", |page: Option<u32>| async move {
///     match page {
///         None => Ok((vec!["a", "b"], Some("https://anywhere.example/list?page=2".to_owned()))),
///         Some(_) => Ok((vec!["c"], None)),
///     }
/// });
/// assert_eq!(items.try_next().await?, Some("a"));
/// assert_eq!(items.into_vec().await?, ["b", "c"]);
/// # Ok(())
/// # }
/// ```
///
/// # Pages, and where to go on
///
/// [`next_page`](Self::next_page) returns whole pages. [`cursor`](Self::cursor) is that of the page on which the last item
/// was, and [`next_cursor`](Self::next_cursor) that of the page behind it, which after an error is the one that could not
/// be fetched. Either can be kept, and a later walk can start there: a generated method takes it as the cursor of its
/// query. It costs one copy of the cursor for each page.
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// use runtime::Items;
///
/// let walk = |start: Option<u32>| {
///     Items::by_link_from("page", start, |page: Option<u32>| async move {
///         match page {
///             None => Ok((vec!["a", "b"], Some("?page=2".to_owned()))),
///             Some(_) => Ok((vec!["c"], None)),
///         }
///     })
/// };
/// let mut items = walk(None);
/// let page = items.next_page().await?;
/// assert_eq!(page.map(|page| page.items), Some(vec!["a", "b"]));
/// let kept = items.next_cursor().map(str::to_owned); // in a file, say
/// // What was kept and cannot be read is an error, and no reason to begin again.
/// let start = kept.map(|cursor| cursor.parse()).transpose().map_err(runtime::Error::other)?;
/// assert_eq!(walk(start).into_vec().await?, ["c"]);
/// # Ok(())
/// # }
/// ```
pub struct Items<'a, T> {
    pages: Option<Pages<'a, T>>,
    /// What gets a page, for errors of the walk itself.
    operation: Option<Operation>,
    /// What is left of the page.
    items: std::vec::IntoIter<T>,
    asked: Place,
    behind: Place,
}

type Pages<'a, T> = Pin<Box<dyn Stream<Item = Result<ItemPage<T>>> + Send + 'a>>;

impl<T> Unpin for Items<'_, T> {}

impl<'a, T: Send + 'a> Items<'a, T> {
    /// Ready items, for fakes and decorators.
    ///
    /// Each is a page of its own.
    pub fn new(items: impl Stream<Item = Result<T>> + Send + 'a) -> Self {
        Self::from_pages(Single(Box::pin(items)))
    }

    fn from_pages(pages: impl Stream<Item = Result<ItemPage<T>>> + Send + 'a) -> Self {
        Self {
            pages: Some(Box::pin(pages)),
            operation: None,
            items: Vec::new().into_iter(),
            asked: Place::default(),
            behind: Place::default(),
        }
    }

    /// Says which operation gets the pages: a [`PageError`] then names it.
    #[must_use]
    pub fn of(mut self, method: Method, path: &'static str) -> Self {
        self.operation = Some(Operation::new(method, path));
        self
    }

    /// Walks pages that carry a link to the next page, absolute or relative. Of the link, only the query
    /// parameter `parameter` is used; it is handed to `fetch`, which gets nothing for the first page. No
    /// link, or an empty one, is the end.
    ///
    /// The walk fails with a [`PageError`] when a link lacks the parameter, a cursor comes again, or 100
    /// pages in a row are empty.
    pub fn by_link<P, F, Fut>(parameter: &'static str, fetch: F) -> Self
    where
        P: FromStr + Serialize + Send + 'a,
        F: FnMut(Option<P>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Page<T>>> + Send + 'a,
    {
        Self::by_link_from(parameter, None, fetch)
    }

    /// Like [`by_link`](Self::by_link), from the page at `start`. It is what `fetch` gets first, and a link
    /// back to it is one that comes again.
    pub fn by_link_from<P, F, Fut>(parameter: &'static str, start: Option<P>, fetch: F) -> Self
    where
        P: FromStr + Serialize + Send + 'a,
        F: FnMut(Option<P>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Page<T>>> + Send + 'a,
    {
        let read = move |link: &str| {
            let cursor = cursor_of(link, parameter);
            let position = cursor.as_ref().and_then(|cursor| cursor.parse().ok());
            (Place { parameter: cursor.as_ref().map(|_| parameter), cursor }, position)
        };
        let place = move |at: &P| Place { parameter: Some(parameter), cursor: Some(text_of(at)) };
        let behind = start.as_ref().map(place).unwrap_or_default();
        Self {
            behind,
            ..Self::from_pages(Walk::new(start, fetch, PageError::InvalidLink { parameter }, read, place))
        }
    }

    /// Like [`by_link_from`](Self::by_link_from), for lists whose links have one of two query parameters, such as a cursor or
    /// a page's number. `fetch` gets the one that the link has, the first where it has both, and nothing else. Each link decides
    /// anew; what cannot be read is as if it were not there. The error for a link names the one that it has, or else the first.
    ///
    /// [`next_parameter`](Self::next_parameter) says which of them [`next_cursor`](Self::next_cursor) is of. Only the start may
    /// be both.
    ///
    /// ```
    /// # async fn example() -> runtime::Result<()> {
    /// use runtime::Items;
    ///
    /// let fetch = |(cursor, page): (Option<String>, Option<u32>)| async move {
    ///     match (cursor.as_deref(), page) {
    ///         (None, None) => Ok((vec!["a"], Some("?page=2".to_owned()))),
    ///         (None, Some(2)) => Ok((vec!["b"], Some("?cursor=x".to_owned()))),
    ///         _ => Ok((vec!["c"], None)),
    ///     }
    /// };
    /// let items = Items::by_link_or_from(("cursor", "page"), (None, None), fetch);
    /// assert_eq!(items.into_vec().await?, ["a", "b", "c"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn by_link_or_from<P, Q, F, Fut>(
        (first, second): (&'static str, &'static str),
        start: (Option<P>, Option<Q>),
        mut fetch: F,
    ) -> Self
    where
        P: FromStr + Serialize + Send + 'a,
        Q: FromStr + Serialize + Send + 'a,
        F: FnMut((Option<P>, Option<Q>)) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Page<T>>> + Send + 'a,
    {
        let read = move |link: &str| {
            let found = |parameter, cursor: &Option<String>| {
                let parameter = cursor.as_ref().map(|_| parameter);
                Place { parameter, cursor: cursor.clone() }
            };
            let (one, other) = (cursor_of(link, first), cursor_of(link, second));
            if let Some(position) = one.as_ref().and_then(|cursor| cursor.parse().ok()) {
                return (found(first, &one), Some((Some(position), None)));
            }
            if let Some(position) = other.as_ref().and_then(|cursor| cursor.parse().ok()) {
                return (found(second, &other), Some((None, Some(position))));
            }
            // Nothing can be sent; what is kept is what the server wrote.
            (if one.is_some() { found(first, &one) } else { found(second, &other) }, None)
        };
        let place = move |at: &(Option<P>, Option<Q>)| match at {
            (Some(at), _) => Place { parameter: Some(first), cursor: Some(text_of(at)) },
            (None, Some(at)) => Place { parameter: Some(second), cursor: Some(text_of(at)) },
            (None, None) => Place::default(),
        };
        let start = (start.0.is_some() || start.1.is_some()).then_some(start);
        let fetch = move |at: Option<_>| fetch(at.unwrap_or((None, None)));
        let invalid = PageError::InvalidLink { parameter: first };
        let behind = start.as_ref().map(place).unwrap_or_default();
        Self { behind, ..Self::from_pages(Walk::new(start, fetch, invalid, read, place)) }
    }

    /// Walks pages that carry the token of the next page itself. Otherwise like [`by_link`](Self::by_link).
    pub fn by_token<P, F, Fut>(fetch: F) -> Self
    where
        P: FromStr + Serialize + Send + 'a,
        F: FnMut(Option<P>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Page<T>>> + Send + 'a,
    {
        Self::by_token_from(None, fetch)
    }

    /// Like [`by_token`](Self::by_token), from the page at `start`.
    pub fn by_token_from<P, F, Fut>(start: Option<P>, fetch: F) -> Self
    where
        P: FromStr + Serialize + Send + 'a,
        F: FnMut(Option<P>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Page<T>>> + Send + 'a,
    {
        let read =
            |token: &str| (Place { parameter: None, cursor: Some(token.to_owned()) }, token.parse().ok());
        let place = |at: &P| Place { parameter: None, cursor: Some(text_of(at)) };
        let behind = start.as_ref().map(place).unwrap_or_default();
        Self { behind, ..Self::from_pages(Walk::new(start, fetch, PageError::InvalidToken, read, place)) }
    }

    /// The next item, or nothing after the last one. Cancelling it loses no item.
    ///
    /// # Errors
    ///
    /// What fetching a page returns, or a [`PageError`]; it is returned once.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// The next page, or nothing after the last one: first what is left of the page on which the last item was. Pages may
    /// be empty. Cancelling it loses no item.
    ///
    /// # Errors
    ///
    /// Like [`try_next`](Self::try_next).
    pub async fn next_page(&mut self) -> Result<Option<ItemPage<T>>> {
        if self.items.len() == 0 && !poll_fn(|context| self.poll_page(context)).await? {
            return Ok(None);
        }
        let items = std::mem::take(&mut self.items).collect();
        Ok(Some(ItemPage::new(items, self.asked.clone(), self.behind.clone())))
    }

    /// The cursor of the page that was fetched last; nothing for the first one.
    pub fn cursor(&self) -> Option<&str> {
        self.asked.cursor.as_deref()
    }

    /// The query parameter that [`cursor`](Self::cursor) is a value of, which may differ from page to page where the server
    /// chooses between two; nothing where pages have tokens.
    pub fn parameter(&self) -> Option<&'static str> {
        self.asked.parameter
    }

    /// The cursor of the page that is fetched next, or could not be fetched: before the first page, that with which the walk
    /// begins. Nothing where it begins at the beginning, and after the last page.
    pub fn next_cursor(&self) -> Option<&str> {
        self.behind.cursor.as_deref()
    }

    /// The query parameter that [`next_cursor`](Self::next_cursor) is a value of, as for [`parameter`](Self::parameter).
    pub fn next_parameter(&self) -> Option<&'static str> {
        self.behind.parameter
    }

    /// All items that are left. Only for lists that fit in memory.
    ///
    /// # Errors
    ///
    /// The first error of [`try_next`](Self::try_next).
    pub async fn into_vec(mut self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(items)
    }
}

impl<T> Items<'_, T> {
    /// Ends here, whatever is still to come.
    #[cfg(feature = "blocking")]
    pub(crate) fn end(&mut self) {
        (self.pages, self.items) = (None, Vec::new().into_iter());
    }

    /// Whether nothing comes any more.
    #[cfg(feature = "blocking")]
    pub(crate) fn has_ended(&self) -> bool {
        self.pages.is_none() && self.items.len() == 0
    }

    /// Fetches a page. Ready with false after the last one.
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        let Some(pages) = &mut self.pages else { return Poll::Ready(Ok(false)) };
        Poll::Ready(match ready!(pages.as_mut().poll_next(context)) {
            Some(Ok(page)) => {
                self.items = page.items.into_iter();
                self.asked = Place { parameter: page.parameter, cursor: page.cursor };
                self.behind = Place { parameter: page.next_parameter, cursor: page.next };
                Ok(true)
            }
            Some(Err(mut error)) => {
                self.pages = None;
                if let (Error::Page { .. }, Some(operation)) = (&error, &self.operation) {
                    error.set_call(&CallInfo::new(operation.clone()));
                }
                Err(error)
            }
            None => {
                self.pages = None;
                Ok(false)
            }
        })
    }
}

impl<T: Send> Stream for Items<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.poll_page(context)) {
                Ok(true) => {}
                Ok(false) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

/// Ready items, each a page.
struct Single<'a, T>(Pin<Box<dyn Stream<Item = Result<T>> + Send + 'a>>);

impl<T> Stream for Single<'_, T> {
    type Item = Result<ItemPage<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = |item| ItemPage::new(vec![item], Place::default(), Place::default());
        self.0.as_mut().poll_next(context).map_ok(page)
    }
}

/// For fakes: `Items::from_iter([first, second])`.
impl<'a, T: Send + 'a> FromIterator<T> for Items<'a, T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let page = ItemPage::new(items.into_iter().collect(), Place::default(), Place::default());
        Self::from_pages(Ready(vec![Ok(page)].into_iter()))
    }
}

impl<T> fmt::Debug for Items<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("ended", &self.pages.is_none()).finish_non_exhaustive()
    }
}

/// The value of `parameter` in the query of `link`.
fn cursor_of(link: &str, parameter: &str) -> Option<String> {
    if link.chars().any(char::is_control) {
        return None;
    }
    let link = link.trim();
    let (link, _fragment) = link.split_once('#').unwrap_or((link, ""));
    let (_place, query) = link.split_once('?')?;
    let decode =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().map(String::from).ok();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut values =
        pairs.filter(|(name, _)| decode(name).as_deref() == Some(parameter)).map(|(_, value)| value);
    // An empty cursor would start again from the first page. Bytes that are not text could not be sent back as they were.
    values.find(|value| !value.is_empty()).and_then(decode)
}

enum State<P, Fut> {
    /// A page to ask for.
    Fetch(Option<P>),
    Waiting(Pin<Box<Fut>>),
    /// The link or token that the last page ended with. It is looked at only when the page's items were
    /// delivered.
    Next(Option<String>),
}

struct Walk<P, F, Fut, R, D> {
    fetch: F,
    /// Finds in a link or token what the next page is asked for with, and what people keep of it.
    read: R,
    /// What people keep of a position.
    place: D,
    /// The error for a link without a usable cursor.
    invalid: PageError,
    state: State<P, Fut>,
    /// What the page that is being fetched was asked for with.
    asked: Place,
    empty_pages: usize,
    /// Hashes of the cursors so far: a walk over millions of pages stays small.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl<P, F, Fut, R, D> Unpin for Walk<P, F, Fut, R, D> {}

impl<P, F, Fut, R: Fn(&str) -> (Place, Option<P>), D: Fn(&P) -> Place> Walk<P, F, Fut, R, D> {
    fn new(start: Option<P>, fetch: F, invalid: PageError, read: R, place: D) -> Self {
        let mut walk = Self {
            fetch,
            read,
            place,
            invalid,
            state: State::Fetch(None),
            asked: Place::default(),
            empty_pages: 0,
            seen: HashSet::new(),
            hasher: RandomState::new(),
        };
        start.iter().for_each(|start| _ = walk.is_new(start));
        walk.state = State::Fetch(start);
        walk
    }

    /// The position of the next page, or nothing at the end.
    fn next_position(&mut self, next: &str) -> Result<Option<P>, PageError> {
        if next.trim().is_empty() {
            return Ok(None);
        }
        if self.empty_pages >= MAX_EMPTY_PAGES {
            return Err(PageError::TooManyEmptyPages { count: self.empty_pages });
        }
        let (place, position) = (self.read)(next);
        let invalid = || match place.parameter {
            Some(parameter) => PageError::InvalidLink { parameter },
            None => self.invalid.clone(),
        };
        let position = position.ok_or_else(invalid)?;
        if self.is_new(&position) { Ok(Some(position)) } else { Err(PageError::RepeatedCursor) }
    }

    /// Whether a position comes for the first time. What will be sent counts, not how it was spelled: `page=2` and
    /// `page=02` are the same page.
    fn is_new(&mut self, position: &P) -> bool {
        self.seen.insert(self.hasher.hash_one((self.place)(position)))
    }
}

impl<T, P, F, Fut, R, D> Stream for Walk<P, F, Fut, R, D>
where
    F: FnMut(Option<P>) -> Fut,
    Fut: Future<Output = Result<Page<T>>>,
    R: Fn(&str) -> (Place, Option<P>),
    D: Fn(&P) -> Place,
{
    type Item = Result<ItemPage<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            this.state = match &mut this.state {
                State::Fetch(position) => {
                    this.asked = position.as_ref().map(&this.place).unwrap_or_default();
                    State::Waiting(Box::pin((this.fetch)(position.take())))
                }
                State::Waiting(page) => match ready!(page.as_mut().poll(context)) {
                    Ok((items, next)) => {
                        this.empty_pages = if items.is_empty() { this.empty_pages + 1 } else { 0 };
                        let next_page = next.as_deref().filter(|next| !next.trim().is_empty());
                        let behind = next_page.map(|next| (this.read)(next).0).unwrap_or_default();
                        let page = ItemPage::new(items, std::mem::take(&mut this.asked), behind);
                        this.state = State::Next(next);
                        return Poll::Ready(Some(Ok(page)));
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Next(next) => {
                    let next = next.take().unwrap_or_default();
                    match this.next_position(&next) {
                        Ok(Some(position)) => State::Fetch(Some(position)),
                        Ok(None) => return Poll::Ready(None),
                        Err(error) => return Poll::Ready(Some(Err(error.into()))),
                    }
                }
            };
        }
    }
}

/// A cursor as it is sent.
fn text_of(cursor: &impl Serialize) -> String {
    match serde_json::to_value(cursor) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pages of two numbers each; the second fails as often as `failures` says.
    fn three(start: Option<u32>, failures: &std::cell::Cell<u32>) -> Items<'static, u32> {
        let mut failures = failures.replace(0);
        Items::by_link_from("page", start, move |page: Option<u32>| {
            let page = page.unwrap_or(1);
            let fails = page == 2 && std::mem::replace(&mut failures, 0) > 0;
            async move {
                if fails {
                    return Err(Error::with_status(500, &()));
                }
                Ok((vec![10 * page, 10 * page + 1], (page < 3).then(|| format!("?page={}", page + 1))))
            }
        })
    }

    #[tokio::test]
    async fn pages_have_their_cursors() {
        let none = std::cell::Cell::new(0);
        let mut items = three(None, &none);
        assert_eq!((items.cursor(), items.next_cursor()), (None, None));
        assert_eq!(items.try_next().await.unwrap(), Some(10));
        let rest = items.next_page().await.unwrap().unwrap();
        assert_eq!((rest.items, rest.cursor, rest.next.as_deref()), (vec![11], None, Some("2")));
        let page = items.next_page().await.unwrap().unwrap();
        assert_eq!(
            (page.items, page.cursor.as_deref(), page.next.as_deref()),
            (vec![20, 21], Some("2"), Some("3"))
        );
        assert_eq!(items.try_next().await.unwrap(), Some(30));
        assert_eq!((items.cursor(), items.next_cursor()), (Some("3"), None));
        assert_eq!(items.into_vec().await.unwrap(), [31]);

        let mut ready = Items::from_iter([1, 2]);
        assert_eq!(ready.next_page().await.unwrap().unwrap().items, [1, 2]);
        assert!(ready.next_page().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_walk_goes_on_where_another_failed() {
        let once = std::cell::Cell::new(1);
        let mut items = three(None, &once);
        let mut found = Vec::new();
        let error = loop {
            match items.try_next().await {
                Ok(item) => found.extend(item),
                Err(error) => break error,
            }
        };
        assert_eq!((error.status().unwrap().as_u16(), &found[..]), (500, &[10, 11][..]));
        let start = items.next_cursor().map(|cursor| cursor.parse().unwrap());
        found.extend(three(start, &once).into_vec().await.unwrap());
        assert_eq!(found, [10, 11, 20, 21, 30, 31]);
    }

    const HOST: &str = "https://other.example/list";

    /// Walks two pages, the first of which ends with `next`. What was found, the second cursor, and how it
    /// ended.
    async fn walk_two(next: Option<&str>) -> (Vec<i32>, Option<String>, Option<Error>) {
        let mut asked = None;
        let mut found = Vec::new();
        let mut items = Items::by_link("cursor", |cursor: Option<String>| {
            let page = match &cursor {
                None => (vec![1], next.map(str::to_owned)),
                Some(_) => (vec![2], None),
            };
            asked = cursor.or(asked.take());
            async { Ok(page) }
        });
        let end = loop {
            match items.try_next().await {
                Ok(Some(item)) => found.push(item),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(matches!(items.try_next().await, Ok(None)), "fused");
        drop(items);
        (found, asked, end)
    }

    #[tokio::test]
    async fn shapes_of_a_next_link() {
        let table = [
            (format!("{HOST}?cursor=c"), Some("c")),
            ("http://user:password@other.example:99/?a=b&cursor=c".to_owned(), Some("c")),
            ("ftp://other.example/?cursor=c".to_owned(), Some("c")),
            ("?cursor=c".to_owned(), Some("c")),
            ("/list?cursor=c".to_owned(), Some("c")),
            ("//other.example?cursor=c".to_owned(), Some("c")),
            (format!("{HOST}?cursor=a%3D%3D%2B+b"), Some("a==+ b")),
            (format!("{HOST}?cursor=c#fragment?cursor=d"), Some("c")),
            (format!("{HOST}?cursor=c&cursor=d"), Some("c")),
            (format!("{HOST}?cursor=%00"), Some("\0")),
            (format!("{HOST}?cursor=%zz%"), Some("%zz%")),
            (format!("{HOST}?%63ursor=c"), Some("c")),
            (format!("{HOST}?cursor=%ff"), None),
            (format!("{HOST}?a=b;cursor=c"), None),
            (format!("{HOST}#?cursor=c"), None),
            (format!("{HOST}?cursor="), None),
            (format!("{HOST}?cursor"), None),
            (format!("{HOST}?page=4"), None),
            (format!("{HOST}?CURSOR=c"), None),
            (format!("{HOST}?cursor=c\n"), None),
            (format!("{HOST}?cur\nsor=c"), None),
            (HOST.to_owned(), None),
            ("not a link".to_owned(), None),
            ("null".to_owned(), None),
        ];
        for (next, cursor) in &table {
            let (found, asked, end) = walk_two(Some(next)).await;
            assert_eq!(asked.as_deref(), *cursor, "{next}");
            match cursor {
                Some(_) => assert!(found == [1, 2] && end.is_none(), "{next}: {found:?} {end:?}"),
                None => assert!(
                    found == [1]
                        && matches!(
                            end,
                            Some(Error::Page { error: PageError::InvalidLink { parameter: "cursor" }, .. })
                        ),
                    "{next}: {found:?} {end:?}"
                ),
            }
        }
        for next in [None, Some(""), Some("  ")] {
            assert!(matches!(walk_two(next).await, (found, None, None) if found == [1]), "{next:?}");
        }
        println!("{} shapes", table.len() + 3);
    }

    #[tokio::test]
    async fn circles_of_any_length_end_with_an_error() {
        for length in [1_u32, 2, 3, 50] {
            let mut items = Items::by_link("page", |page: Option<u32>| {
                let page = page.unwrap_or(1);
                async move { Ok((vec![page], Some(format!("?page={}", page % length + 2)))) }
            });
            let mut found = 0;
            let error = loop {
                match items.try_next().await {
                    Ok(Some(_)) => found += 1,
                    Ok(None) => panic!("no clean end"),
                    Err(error) => break error,
                }
                assert!(found <= length + 2, "{found} items for a circle of {length}");
            };
            assert!(matches!(error, Error::Page { error: PageError::RepeatedCursor, .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn the_page_where_a_walk_starts_counts_as_seen() {
        for (next, pages) in [("?page=5", 1), ("?page=05", 1), ("?page=6", 2)] {
            let mut asked = Vec::new();
            let items = Items::by_link_from("page", Some(5), |page: Option<u32>| {
                asked.push(page);
                async { Ok((vec![1], Some(next.to_owned()))) }
            });
            let error = items.into_vec().await.unwrap_err();
            assert!(matches!(error, Error::Page { error: PageError::RepeatedCursor, .. }), "{error:?}");
            assert_eq!(asked, [Some(5), Some(6)][..pages], "{next}");
        }
        let items = Items::by_token_from(Some("a".to_owned()), |token: Option<String>| async move {
            Ok((vec![token], Some("a".to_owned())))
        });
        assert!(matches!(items.into_vec().await, Err(Error::Page { error: PageError::RepeatedCursor, .. })));
    }

    #[tokio::test]
    async fn empty_pages_are_walked_up_to_a_limit() {
        let empty_pages = |count: u32| {
            Items::by_token(move |page: Option<u32>| {
                let page = page.unwrap_or(0);
                async move {
                    if page < count {
                        Ok((vec![], Some((page + 1).to_string())))
                    } else {
                        Ok((vec![page], None))
                    }
                }
            })
        };
        assert_eq!(empty_pages(99).into_vec().await.unwrap(), [99]);
        let error = empty_pages(100).into_vec().await.unwrap_err();
        assert!(
            matches!(error, Error::Page { error: PageError::TooManyEmptyPages { count: 100 }, .. }),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn a_cursor_that_does_not_parse_is_an_error() {
        let by_link =
            Items::by_link("page", |_: Option<u32>| async { Ok((vec![1], Some("?page=x".to_owned()))) });
        let error = by_link.into_vec().await.unwrap_err();
        assert!(
            matches!(error, Error::Page { error: PageError::InvalidLink { parameter: "page" }, .. }),
            "{error:?}"
        );
        let by_token = Items::by_token(|_: Option<u32>| async { Ok((vec![1], Some("x".to_owned()))) });
        assert!(matches!(
            by_token.into_vec().await.unwrap_err(),
            Error::Page { error: PageError::InvalidToken, .. }
        ));
    }

    #[tokio::test]
    async fn an_error_of_a_page_ends_the_walk() {
        let mut items = Items::by_link("page", |page: Option<u32>| async move {
            match page {
                None => Ok((vec![1], Some("?page=2".to_owned()))),
                Some(_) => Err(Error::with_status(500, &())),
            }
        });
        assert_eq!(items.try_next().await.unwrap(), Some(1));
        assert_eq!(items.try_next().await.unwrap_err().status().unwrap(), 500);
        assert_eq!(items.try_next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_walk_whose_first_page_fails_goes_on_where_it_was_to_begin() {
        let fail = || async { Err::<Page<u8>, _>(PageError::InvalidToken.into()) };
        let kept = Some((Some("page"), "7"));
        let at = |items: &Items<'_, u8>| {
            items.next_cursor().map(|cursor| (items.next_parameter(), cursor.to_owned()))
        };
        let mut links = Items::by_link_from("page", Some(7_u32), |_| fail());
        let mut either =
            Items::by_link_or_from(("cursor", "page"), (None::<String>, Some(7_u32)), |_| fail());
        let mut tokens = Items::by_token_from(Some(7_u32), |_| fail());
        for (items, kept) in [(&mut links, kept), (&mut either, kept), (&mut tokens, Some((None, "7")))] {
            let kept = kept.map(|(parameter, cursor)| (parameter, cursor.to_owned()));
            assert_eq!(at(items), kept);
            assert!(items.next_page().await.is_err());
            assert_eq!(at(items), kept);
        }
    }

    #[tokio::test]
    async fn a_link_chooses_between_two_parameters() {
        type At<'a> = (Option<&'a str>, Option<u32>);
        // The link of the first page, what the second one is asked for with, and what is kept of that.
        type Case<'a> = (&'a str, Option<At<'a>>, Option<(&'a str, &'a str)>);
        let table: &[Case<'_>] = &[
            ("?cursor=c", Some((Some("c"), None)), Some(("cursor", "c"))),
            ("https://other.example/?page=4", Some((None, Some(4))), Some(("page", "4"))),
            ("?page=4&cursor=c", Some((Some("c"), None)), Some(("cursor", "c"))),
            (" ?page=4&cursor=&cursor=c ", Some((Some("c"), None)), Some(("cursor", "c"))),
            ("?cursor=&page=4", Some((None, Some(4))), Some(("page", "4"))),
            ("?cursor=c&page=last", Some((Some("c"), None)), Some(("cursor", "c"))),
            ("?cursor=%ff&page=4", Some((None, Some(4))), Some(("page", "4"))),
            ("?page=last", None, Some(("page", "last"))),
            ("?pageSize=4", None, None),
            ("next", None, None),
        ];
        for (link, at, kept) in table {
            let mut asked = Vec::new();
            let fetch = |at: (Option<String>, Option<u32>)| {
                asked.push(at);
                let next = (asked.len() == 1).then(|| (*link).to_owned());
                async { Ok((vec![1], next)) }
            };
            let mut items = Items::by_link_or_from(("cursor", "page"), (None, None), fetch);
            let first = items.next_page().await.unwrap().unwrap();
            assert_eq!((first.parameter, first.cursor), (None, None));
            assert_eq!(first.next_parameter.zip(first.next.as_deref()), *kept, "{link}");
            assert_eq!(items.next_parameter().zip(items.next_cursor()), *kept, "{link}");
            match items.next_page().await {
                Ok(page) => {
                    let page = page.unwrap();
                    assert_eq!(page.parameter.zip(page.cursor.as_deref()), *kept, "{link}");
                    assert_eq!(items.parameter().zip(items.cursor()), *kept, "{link}");
                    assert_eq!((items.next_parameter(), items.next_cursor()), (None, None));
                }
                Err(Error::Page { error, .. }) => {
                    let parameter = kept.map_or("cursor", |(parameter, _)| parameter);
                    assert_eq!(error, PageError::InvalidLink { parameter }, "{link}");
                    assert_eq!(*at, None, "{link}");
                }
                Err(error) => panic!("{link}: {error}"),
            }
            drop(items);
            let asked: Vec<At<'_>> = asked.iter().map(|(cursor, page)| (cursor.as_deref(), *page)).collect();
            assert_eq!(asked, [(None, None)].into_iter().chain(*at).collect::<Vec<_>>(), "{link}");
        }
    }

    #[tokio::test]
    async fn circles_through_two_parameters_end_with_an_error() {
        // Where it starts, the links in their order, and how many pages come before the error.
        type Case<'a> = ((Option<&'a str>, Option<u32>), &'a [&'a str], usize);
        let table: &[Case<'_>] = &[
            ((None, None), &["?page=2", "?cursor=a", "?page=3", "?page=02"], 4),
            ((None, None), &["?cursor=2", "?page=2", "?cursor=2"], 3),
            ((None, None), &["?cursor=a&page=1", "?cursor=a&page=2"], 2),
            ((None, Some(5)), &["?cursor=a", "?page=5"], 2),
            ((Some("a"), Some(5)), &["?cursor=a&page=6"], 1),
            ((Some("a"), Some(5)), &["?page=5", "?cursor=a"], 2),
        ];
        for (start, links, pages) in table {
            let mut asked = 0;
            let fetch = |_: (Option<String>, Option<u32>)| {
                asked += 1;
                let next = links.get(asked - 1).map(|link| (*link).to_owned());
                async { Ok((vec![1], next)) }
            };
            let items =
                Items::by_link_or_from(("cursor", "page"), (start.0.map(str::to_owned), start.1), fetch);
            let error = items.into_vec().await.unwrap_err();
            assert!(matches!(error, Error::Page { error: PageError::RepeatedCursor, .. }), "{error:?}");
            assert_eq!(asked, *pages, "{links:?}");
        }
    }

    /// The shape of generated code: a provided method of a trait whose methods return futures.
    #[tokio::test]
    async fn generated_traits_can_use_it() {
        trait Api: Send + Sync {
            fn list(&self, cursor: Option<String>) -> impl Future<Output = Result<Page<i32>>> + Send;
            fn list_items(&self) -> Items<'_, i32>
            where
                Self: Sized,
            {
                Items::by_link("cursor", move |cursor: Option<String>| async move {
                    let (items, next) = self.list(cursor).await?;
                    Ok((items, next))
                })
            }
        }
        struct Fake;
        impl Api for Fake {
            async fn list(&self, cursor: Option<String>) -> Result<Page<i32>> {
                Ok(if cursor.is_none() { (vec![1], Some("?cursor=x".to_owned())) } else { (vec![2], None) })
            }
        }
        fn is_send<T: Send>(value: T) -> T {
            value
        }
        assert_eq!(is_send(Fake.list_items()).into_vec().await.unwrap(), [1, 2]);
        assert_eq!(Items::from_iter([1, 2]).into_vec().await.unwrap(), [1, 2]);
    }

    #[tokio::test]
    async fn errors_of_a_walk_name_the_operation() {
        let walk = Items::by_token(|_: Option<String>| async { Ok((vec![1], Some("again".to_owned()))) });
        let error = walk.of(Method::GET, "/things/").into_vec().await.unwrap_err();
        assert_eq!(error.operation().map(ToString::to_string).as_deref(), Some("GET /things/"));
        assert!(error.to_string().starts_with("GET /things/: "), "{error}");
        // What getting a page says about itself stays.
        let walk = Items::<u8>::by_token(|_: Option<String>| async { Err(Error::other("none")) });
        let error = walk.of(Method::GET, "/things/").into_vec().await.unwrap_err();
        assert!(error.operation().is_none() && error.to_string() == "none");
    }
}
