//! Finding the field of a property by its name.

/// A name as two numbers: its beginning and its end. Up to sixteen bytes, both together are all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends(u64, u64);

impl Ends {
    #[inline]
    const fn of(name: &[u8]) -> Self {
        if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            return Self(u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        }
        if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            return Self(u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64);
        }
        match *name {
            [a, b, c] => Self(u16::from_le_bytes([a, b]) as u64, u16::from_le_bytes([b, c]) as u64),
            [a, b] => Self(a as u64, b as u64),
            [a] => Self(a as u64, a as u64),
            _ => Self(0, 0),
        }
    }

    /// Where a name should be in a table of this size, which is a power of two.
    #[inline]
    const fn place(self, length: usize, size: usize) -> usize {
        let mixed = (self.0 ^ self.1.rotate_left(29) ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as usize & (size - 1)
    }
}

/// Whether two names are the same. They are short, so that a call that compares memory would take most of the time.
#[inline]
pub(super) fn is_same(name: &[u8], key: &[u8]) -> bool {
    name.len() == key.len() && Ends::of(name) == Ends::of(key) && (name.len() <= 16 || name == key)
}

/// Fewer names than this are compared one after another.
const FEW: usize = 9;

/// For names of a record that has many: at the place of each name, or behind it, its position plus one.
pub(super) const fn table<const SIZE: usize>(names: &[&str]) -> [u8; SIZE] {
    let mut table = [0; SIZE];
    let mut at = 0;
    while at < names.len() && at < SIZE / 2 {
        let name = names[at].as_bytes();
        let mut place = Ends::of(name).place(name.len(), SIZE);
        while table[place] != 0 {
            place = (place + 1) % SIZE;
        }
        at += 1;
        table[place] = at as u8;
    }
    table
}

/// The names of a record's properties, and how they are found.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    pub(super) names: &'static [&'static str],
    /// Empty where there are few names, or more than a table has place for.
    table: &'static [u8],
}

impl Index {
    /// With the tables that [`table`] makes for these names.
    pub(super) const fn new(
        names: &'static [&'static str],
        small: &'static [u8; 64],
        large: &'static [u8; 512],
    ) -> Self {
        let table: &[u8] = match names.len() {
            FEW..=32 => small,
            33..=255 => large,
            _ => &[],
        };
        Self { names, table }
    }

    /// The position of a name; that after the last where there is no such name. `likely`: where it probably is.
    #[inline(always)]
    pub(super) fn find(&self, key: &[u8], likely: usize) -> usize {
        match self.names.get(likely) {
            Some(name) if is_same(name.as_bytes(), key) => likely,
            _ => self.search(key),
        }
    }

    #[inline(never)]
    fn search(&self, key: &[u8]) -> usize {
        let is_key = |at: usize| self.names.get(at).is_some_and(|name| is_same(name.as_bytes(), key));
        if self.table.is_empty() {
            return (0..self.names.len()).find(|at| is_key(*at)).unwrap_or(self.names.len());
        }
        let mut place = Ends::of(key).place(key.len(), self.table.len());
        loop {
            match self.table.get(place) {
                // A table is at most half full.
                None | Some(0) => return self.names.len(),
                Some(at) if is_key(usize::from(*at) - 1) => return usize::from(*at) - 1,
                Some(_) => place = (place + 1) & (self.table.len() - 1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[String]) -> Index {
        let names: Vec<&'static str> = names.iter().map(|name| &*name.clone().leak()).collect();
        let names = names.leak();
        Index::new(names, Box::leak(Box::new(table(names))), Box::leak(Box::new(table(names))))
    }

    /// Names of every length, that differ in one byte somewhere.
    #[test]
    fn every_name_is_found_and_no_other() {
        for count in [0, 1, 2, 7, 8, 9, 31, 32, 33, 128, 254, 255, 256, 257, 300] {
            for length in 0..40 {
                let make = |number: usize, mark: &str| format!("{number:x}{}{mark}", "_".repeat(length));
                let names: Vec<String> = (0..count).map(|number| make(number, "")).collect();
                let index = index(&names);
                for likely in [0, count / 2, count, usize::MAX] {
                    for (at, name) in names.iter().enumerate() {
                        assert_eq!(index.find(name.as_bytes(), likely), at, "{name} of {count}");
                        let other = make(at, "x");
                        assert_eq!(index.find(other.as_bytes(), likely), count, "{other} of {count}");
                    }
                    assert_eq!(index.find(b"", likely), count);
                }
            }
        }
    }

    #[test]
    fn names_are_the_same_in_every_byte() {
        for length in 0..40 {
            let name = vec![b'a'; length];
            assert!(is_same(&name, &name));
            for at in 0..length {
                let mut other = name.clone();
                other[at] = b'b';
                assert!(!is_same(&name, &other), "{length} {at}");
            }
            assert!(!is_same(&name, &vec![b'a'; length + 1]));
        }
    }
}
