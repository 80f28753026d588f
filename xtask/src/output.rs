//! Tree to disk: makes a folder equal to the generator's output, or tells how it differs.
//!
//! Only files that begin with the generator's mark are replaced or removed. Everything is written beside its target first
//! and moved into place only when all of it has been written, so a run that fails changes nothing.

use codegen::{MARK, Tree};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Whether to change the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make the folder equal to the tree.
    Write,
    /// Only compare.
    Check,
}

/// What was, or would be, done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The file is as it should be and was not touched.
    Unchanged(String),
    /// New or different content.
    Written {
        /// Relative to the folder.
        path: String,
        /// The old content, empty for a new file.
        before: String,
        /// The new content.
        after: String,
    },
    /// Generated earlier, no longer part of the output.
    Removed {
        /// Relative to the folder.
        path: String,
        /// The old content.
        before: String,
    },
}

/// Compares a folder with a tree and, in [`Mode::Write`], makes it equal.
///
/// # Errors
/// A file that cannot be read or written, or that stands where a generated one belongs without being generated.
pub fn apply(folder: &Path, tree: &Tree, mode: Mode) -> Result<Vec<Change>, String> {
    let changes = compare(folder, tree)?;
    if mode == Mode::Write {
        write(folder, &changes)?;
    }
    Ok(changes)
}

fn compare(folder: &Path, tree: &Tree) -> Result<Vec<Change>, String> {
    let mut changes = Vec::new();
    for (path, after) in tree {
        let before = match fs::read_to_string(folder.join(path)) {
            Ok(before) => before,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed("read", &folder.join(path), &error)),
        };
        if before == *after {
            changes.push(Change::Unchanged(path.clone()));
            continue;
        }
        if !before.is_empty() && !before.starts_with(MARK) {
            return Err(format!(
                "{} was not generated and would be lost; move it away or choose another folder",
                folder.join(path).display()
            ));
        }
        changes.push(Change::Written { path: path.clone(), before, after: after.clone() });
    }
    for (path, before) in generated_files(folder)? {
        if !tree.contains_key(&path) {
            changes.push(Change::Removed { path, before });
        }
    }
    Ok(changes)
}

fn write(folder: &Path, changes: &[Change]) -> Result<(), String> {
    let mut staged: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    for change in changes {
        if let Change::Written { path, after, .. } = change {
            let target = folder.join(path);
            staged.push((stage(&target, after).map_err(|error| failed("write", &target, &error))?, target));
        }
    }
    for (file, target) in staged {
        file.persist(&target).map_err(|error| failed("write", &target, &error.error))?;
    }
    for change in changes {
        if let Change::Removed { path, .. } = change {
            let target = folder.join(path);
            fs::remove_file(&target).map_err(|error| failed("remove", &target, &error))?;
        }
    }
    Ok(())
}

/// Writes one file, whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    let written = stage(path, text).and_then(|file| file.persist(path).map_err(|error| error.error));
    written.map(drop).map_err(|error| failed("write", path, &error))
}

/// Writes beside the target.
fn stage(target: &Path, text: &str) -> io::Result<NamedTempFile> {
    let parent = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.prefix(".codegen-").tempfile_in(parent)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// Every generated file below a folder, with `/` between segments; links are not followed.
fn generated_files(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut queue = vec![PathBuf::new()];
    while let Some(relative) = queue.pop() {
        let directory = folder.join(&relative);
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("read", &directory, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &directory, &error))?;
            let kind = entry.file_type().map_err(|error| failed("read", &entry.path(), &error))?;
            let path = relative.join(entry.file_name());
            if kind.is_dir() {
                queue.push(path);
            } else if kind.is_file()
                && path.extension().is_some_and(|extension| extension == "rs")
                && let Ok(text) = fs::read_to_string(entry.path())
                && text.starts_with(MARK)
            {
                found.push((slashed(&path), text));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn slashed(path: &Path) -> String {
    path.iter().map(|segment| segment.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn failed(what: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}
