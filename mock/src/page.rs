//! One page of a list, and the cursors of its neighbours.
//!
//! Comes in: keys, a cursor and a size. Goes out: the keys of one page, newest first. A cursor is a place
//! between two keys, so pages neither repeat nor lose a row when rows are added or dropped in between. Must
//! not: know what the keys stand for.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The size of a page unless a client asks for another.
const DEFAULT_SIZE: usize = 20;

/// The most that a client can ask for.
const MAX_SIZE: usize = 100;

/// Where a page is: next to a key, on one side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// The keys that are older than this one.
    Older(u64),
    /// The keys that are newer than this one.
    Newer(u64),
}

impl Cursor {
    /// The text that clients hand back. It means nothing to them.
    pub(crate) fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(match self {
            Self::Older(key) => format!("p={key}"),
            Self::Newer(key) => format!("r=1&p={key}"),
        })
    }

    /// The cursor in a text that clients sent, if it is one of ours.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        match text.strip_prefix("r=1&p=") {
            Some(key) => key.parse().ok().map(Self::Newer),
            None => text.strip_prefix("p=")?.parse().ok().map(Self::Older),
        }
    }
}

/// The keys of one page, newest first, and where its neighbours are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) keys: Vec<u64>,
    pub(crate) next: Option<Cursor>,
    pub(crate) previous: Option<Cursor>,
}

/// Cuts the page at `cursor`, or the first one, out of `keys`, which are in ascending order.
pub(crate) fn cut(keys: &VecDeque<u64>, cursor: Option<Cursor>, size: usize) -> Cut {
    let (start, end) = match cursor {
        None => (keys.len().saturating_sub(size), keys.len()),
        Some(Cursor::Older(key)) => {
            let end = keys.partition_point(|other| *other < key);
            (end.saturating_sub(size), end)
        }
        Some(Cursor::Newer(key)) => {
            let start = keys.partition_point(|other| *other <= key);
            (start, (start + size).min(keys.len()))
        }
    };
    // An empty page has no key of its own; there the neighbours start at the place where it was looked for.
    let place = match cursor {
        Some(Cursor::Older(key)) => (key, key.saturating_sub(1)),
        Some(Cursor::Newer(key)) => (key.saturating_add(1), key),
        None => (0, 0),
    };
    let (oldest, newest) = match (keys.get(start), end.checked_sub(1).and_then(|last| keys.get(last))) {
        (Some(oldest), Some(newest)) if start < end => (*oldest, *newest),
        _ => place,
    };
    Cut {
        keys: keys.range(start..end).rev().copied().collect(),
        next: (start > 0).then_some(Cursor::Older(oldest)),
        previous: (end < keys.len()).then_some(Cursor::Newer(newest)),
    }
}

/// The size to use for the one that was asked for, unless that is less than one.
pub(crate) fn size(wanted: Option<i64>) -> Option<usize> {
    let Some(wanted) = wanted else { return Some(DEFAULT_SIZE) };
    usize::try_from(wanted).ok().filter(|size| *size > 0).map(|size| size.min(MAX_SIZE))
}

#[cfg(test)]
mod tests {
    use super::Cursor::{Newer, Older};
    use super::*;

    #[test]
    fn pages_and_their_neighbours() {
        let all: &[u64] = &[2, 3, 5, 7, 8];
        type Case<'a> = (&'a [u64], Option<Cursor>, &'a [u64], Option<Cursor>, Option<Cursor>);
        let table: &[Case] = &[
            (&[], None, &[], None, None),
            (&[4], None, &[4], None, None),
            (&[4, 6], None, &[6, 4], None, None),
            (all, None, &[8, 7], Some(Older(7)), None),
            (all, Some(Older(7)), &[5, 3], Some(Older(3)), Some(Newer(5))),
            (all, Some(Older(3)), &[2], None, Some(Newer(2))),
            (all, Some(Older(2)), &[], None, Some(Newer(1))),
            (all, Some(Older(0)), &[], None, Some(Newer(0))),
            (all, Some(Newer(0)), &[3, 2], None, Some(Newer(3))),
            (all, Some(Newer(5)), &[8, 7], Some(Older(7)), None),
            (all, Some(Newer(2)), &[5, 3], Some(Older(3)), Some(Newer(5))),
            (all, Some(Newer(8)), &[], Some(Older(9)), None),
            (all, Some(Older(u64::MAX)), &[8, 7], Some(Older(7)), None),
            (all, Some(Newer(u64::MAX)), &[], Some(Older(u64::MAX)), None),
            // A cursor at a key that is gone still has its place.
            (all, Some(Older(6)), &[5, 3], Some(Older(3)), Some(Newer(5))),
        ];
        for (keys, cursor, page, next, previous) in table {
            let found = cut(&keys.iter().copied().collect(), *cursor, 2);
            let expected = Cut { keys: page.to_vec(), next: *next, previous: *previous };
            assert_eq!(found, expected, "{keys:?} at {cursor:?}");
        }
    }

    #[test]
    fn cursors_survive_the_journey_and_others_are_refused() {
        for cursor in [Older(0), Older(12), Newer(12), Newer(u64::MAX)] {
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        for text in ["", "x", "cD0", "cD1h", "cj0x", "\u{e9}", "cD0tMQ", "%00"] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (wanted, used) in [
            (None, Some(20)),
            (Some(1), Some(1)),
            (Some(100), Some(100)),
            (Some(101), Some(100)),
            (Some(i64::MAX), Some(100)),
            (Some(0), None),
            (Some(-1), None),
        ] {
            assert_eq!(size(wanted), used);
        }
    }
}
