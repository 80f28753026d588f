//! Rows in the order they were added, found by key or by id.
//!
//! Comes in: rows. Goes out: rows, and those that had to go because a limit was reached. Must not: grow
//! without bound, or know what a row means.

use std::collections::{BTreeMap, HashMap};

/// What a table needs to know of a row.
pub(crate) trait Row {
    /// The text that clients know the row by.
    fn id(&self) -> &str;

    /// About how much memory the row takes.
    fn bytes(&self) -> usize;
}

/// How much a table keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

/// Rows by key; keys count up from 1, so a larger one is newer.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<u64, T>,
    keys: HashMap<String, u64>,
    last_key: u64,
    bytes: usize,
    limit: Limit,
}

impl<T: Row> Table<T> {
    pub(crate) fn new(limit: Limit) -> Self {
        Self { rows: BTreeMap::new(), keys: HashMap::new(), last_key: 0, bytes: 0, limit }
    }

    /// Adds the row that `make` returns for its key. Returns the key and the rows that are gone: the oldest,
    /// and never the new one.
    pub(crate) fn push(&mut self, make: impl FnOnce(u64) -> T) -> (u64, Vec<T>) {
        self.last_key += 1;
        let (key, row) = (self.last_key, make(self.last_key));
        self.bytes += row.bytes();
        self.keys.insert(row.id().to_owned(), key);
        self.rows.insert(key, row);
        (key, self.drop_oldest())
    }

    fn drop_oldest(&mut self) -> Vec<T> {
        let mut dropped = Vec::new();
        while self.rows.len() > 1 && (self.rows.len() > self.limit.rows || self.bytes > self.limit.bytes) {
            let Some(oldest) = self.rows.keys().next().copied() else { break };
            dropped.extend(self.remove(oldest));
        }
        dropped
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let row = self.rows.remove(&key)?;
        self.keys.remove(row.id());
        self.bytes -= row.bytes();
        Some(row)
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        self.rows.get(&key)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&T> {
        self.rows.get(self.keys.get(id)?)
    }

    /// The row, to be changed in ways that leave its id and its size alone.
    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(self.keys.get(id)?)
    }

    /// All rows, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.rows.iter().map(|(key, row)| (*key, row))
    }

    /// Takes the row out.
    pub(crate) fn take(&mut self, id: &str) -> Option<T> {
        let key = *self.keys.get(id)?;
        self.remove(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl<T: Row + Clone> Table<T> {
    /// The rows of page `number`, counted from 1, newest first; and how many rows there are.
    pub(crate) fn page(&self, number: usize, size: usize) -> (Vec<T>, usize) {
        let skipped = number.saturating_sub(1).saturating_mul(size);
        let newest_first = self.rows.values().rev().cloned();
        (newest_first.skip(skipped).take(size).collect(), self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for String {
        fn id(&self) -> &str {
            self
        }

        fn bytes(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn the_oldest_rows_go_first() {
        for (rows, bytes, kept) in [(3, 100, "cde"), (100, 2, "de"), (100, 0, "e"), (5, 5, "abcde")] {
            let mut table = Table::new(Limit { rows, bytes });
            let mut dropped = String::new();
            for row in ["a", "b", "c", "d", "e"] {
                let (_, gone) = table.push(|_| row.to_owned());
                dropped.extend(gone);
            }
            let left: String = table.iter().map(|(_, row)| row.as_str()).collect();
            assert_eq!(left, kept);
            assert_eq!(format!("{dropped}{left}"), "abcde");
            assert_eq!(table.len(), kept.len());
            assert_eq!(table.find("a").is_some(), kept.contains('a'));
            assert!(table.find("e").is_some() && table.get(5).is_some());
            assert_eq!(table.bytes, kept.len());
        }
    }
}
