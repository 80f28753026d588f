//! Which requests were handled, for services that send one again when they are not sure.
//!
//! Comes in: what tells one request from another, such as an id. Goes out: whether it is new. Must not: grow without bound, or
//! take a request for handled whose handling failed.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Remembers the last requests that were handled, so that none is handled twice. Share it between handlers as it is; a clone
/// remembers the same.
///
/// It is in memory: after a restart everything is new, and of several processes each has its own. Where that is not enough,
/// keep the ids where their effects are kept, such as in the same transaction of a database.
///
/// ```
/// use runtime::server::{Novelty, Recent};
///
/// let recent = Recent::new(1000);
/// let handle = |id: &str| match recent.begin(id.to_owned()) {
///     Novelty::New(claim) => {
///         // ... whatever is to be done once. If that fails, drop the claim: the next attempt is new again.
///         claim.finish();
///         "done"
///     }
///     Novelty::Pending => "later", // another handler is at it: let the service try again
///     Novelty::Done => "done before",
/// };
/// assert_eq!([handle("a"), handle("b"), handle("a")], ["done", "done", "done before"]);
/// ```
///
/// A sender that does not want to wait hangs up, which drops the method that handles its request, and with it the claim.
/// What takes longer than senders wait belongs in a task of its own. The claim goes along: the next attempt finds it
/// [`Pending`](Novelty::Pending), and one after the end [`Done`](Novelty::Done).
///
/// ```
/// use runtime::server::{Novelty, Recent};
/// use runtime::{Error, Result};
///
/// async fn handle(recent: &Recent<String>, id: &str) -> Result<()> {
///     match recent.begin(id.to_owned()) {
///         Novelty::New(claim) => {
///             let work = tokio::spawn(async move {
///                 // ... whatever takes long.
///                 claim.finish();
///             });
///             work.await.map_err(Error::other)
///         }
///         Novelty::Pending => Err(Error::other("somebody is at it")),
///         Novelty::Done => Ok(()),
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Recent<K> {
    state: Arc<Mutex<State<K>>>,
}

impl<K> Clone for Recent<K> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

#[derive(Debug)]
struct State<K> {
    most: usize,
    /// Whether it is done.
    keys: HashMap<K, bool>,
    /// Those that are done, oldest first.
    done: VecDeque<K>,
}

/// Whether a request is new.
#[derive(Debug)]
pub enum Novelty<K: Hash + Eq + Clone> {
    /// It is, and yours.
    New(Claim<K>),
    /// Somebody else is handling it.
    Pending,
    /// It was handled.
    Done,
}

/// The right to handle a request. Dropped without [`finish`](Self::finish), it is as if nothing had come. It can go into a
/// task of its own.
#[derive(Debug)]
#[must_use = "the request is new again when this is dropped"]
pub struct Claim<K: Hash + Eq + Clone> {
    recent: Recent<K>,
    key: Option<K>,
}

impl<K: Hash + Eq + Clone> Recent<K> {
    /// Remembers this many requests that were handled; at least one.
    pub fn new(most: usize) -> Self {
        let state = State { most: most.max(1), keys: HashMap::new(), done: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Begins to handle a request, if it is new.
    pub fn begin(&self, key: K) -> Novelty<K> {
        let mut state = self.state();
        match state.keys.get(&key) {
            Some(true) => Novelty::Done,
            Some(false) => Novelty::Pending,
            None => {
                state.keys.insert(key.clone(), false);
                Novelty::New(Claim { recent: self.clone(), key: Some(key) })
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Claim<K> {
    /// It was handled, and is remembered.
    pub fn finish(mut self) {
        let Some(key) = self.key.take() else { return };
        let mut state = self.recent.state();
        if state.done.len() >= state.most {
            if let Some(oldest) = state.done.pop_front() {
                state.keys.remove(&oldest);
            }
        }
        state.keys.insert(key.clone(), true);
        state.done.push_back(key);
    }
}

impl<K: Hash + Eq + Clone> Drop for Claim<K> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.recent.state().keys.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(recent: &Recent<u32>, key: u32) -> bool {
        match recent.begin(key) {
            Novelty::New(claim) => {
                claim.finish();
                true
            }
            _ => false,
        }
    }

    #[test]
    fn the_last_ones_are_remembered() {
        let recent = Recent::new(2);
        assert_eq!(
            [1, 1, 2, 1, 3, 3, 1].map(|key| finish(&recent, key)),
            [true, false, true, false, true, false, true]
        );
        assert_eq!(recent.state().keys.len(), 2);
    }

    #[tokio::test]
    async fn what_a_sender_does_not_wait_for_ends_in_a_task_of_its_own() {
        let recent = Recent::new(1);
        let Novelty::New(claim) = recent.begin(1) else { panic!("it is new") };
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let work = tokio::spawn(async move {
            _ = ended.await;
            claim.finish();
        });
        assert!(matches!(recent.clone().begin(1), Novelty::Pending));
        end.send(()).unwrap();
        work.await.unwrap();
        assert!(matches!(recent.begin(1), Novelty::Done));
    }

    #[test]
    fn what_failed_is_new_again_and_what_is_pending_is_nobody_elses() {
        let recent = Recent::new(1);
        let Novelty::New(claim) = recent.begin(1) else { panic!("it is new") };
        assert!(matches!(recent.begin(1), Novelty::Pending));
        // What others finish meanwhile does not push it out.
        assert!(finish(&recent, 2) && finish(&recent, 3));
        assert!(matches!(recent.begin(1), Novelty::Pending));
        drop(claim);
        assert!(finish(&recent, 1));
        assert!(matches!(recent.begin(1), Novelty::Done));
    }
}
