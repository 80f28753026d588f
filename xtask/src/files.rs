//! The files of a document: reading them, and only those below the document's folder.

use codegen::{Documents, Loader, text_of};
use std::path::{Path, PathBuf};

/// Reads files below one folder.
#[derive(Debug)]
pub struct Folder {
    /// Without links in it, so that paths can be compared.
    root: Option<PathBuf>,
}

impl Folder {
    /// The folder that a document is in.
    pub fn of(document: &Path) -> Self {
        let folder = document.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { root: folder.unwrap_or(Path::new(".")).canonicalize().ok() }
    }
}

impl Loader for Folder {
    fn load(&mut self, path: &str) -> Result<String, String> {
        let root = self.root.as_ref().ok_or("the document's folder cannot be read")?;
        // Links may lead anywhere, so the place is checked that they lead to in the end.
        let file = root.join(path).canonicalize().map_err(|error| error.to_string())?;
        if !file.starts_with(root) {
            return Err("it leads out of the document's folder".to_owned());
        }
        if !file.is_file() {
            return Err("it is no file".to_owned());
        }
        read(&file)
    }
}

/// A document of one file so far, and the loader for the rest of it.
///
/// # Errors
/// The file cannot be read, or is no text.
pub fn document(path: &Path, name: &str) -> Result<(Documents, Folder), String> {
    let text = read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    Ok((Documents::new(name, text), Folder::of(path)))
}

/// Overlays, by what messages call them, with their texts.
///
/// # Errors
/// One of them cannot be read.
pub fn overlays(paths: &[PathBuf]) -> Result<Vec<(String, String)>, String> {
    let mut overlays = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let text = read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
        overlays.push((name, text));
    }
    Ok(overlays)
}

/// The text of a file.
///
/// # Errors
/// Why there is none, without the file's name.
pub fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    text_of(&bytes).map(str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_files_below_the_folder_are_read() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.yaml"), "a: 1").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("schemas")).unwrap();
        fs::write(root.join("openapi.yaml"), "").unwrap();
        fs::write(root.join("schemas/pet.yaml"), "type: object").unwrap();
        fs::write(root.join("wide.yaml"), [0xFF, 0xFE, b'a', 0]).unwrap();
        fs::write(root.join("packed.yaml"), [0x1F, 0x8B, 8]).unwrap();
        let (_, mut loader) = document(&root.join("openapi.yaml"), "openapi.yaml").unwrap();
        assert_eq!(loader.load("schemas/pet.yaml").unwrap(), "type: object");
        assert_eq!(loader.load("schemas").unwrap_err(), "it is no file");
        assert!(loader.load("missing.yaml").is_err());
        assert!(loader.load("wide.yaml").unwrap_err().contains("UTF-16"));
        assert!(loader.load("packed.yaml").unwrap_err().contains("gzip"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(outside.path().join("secret.yaml"), root.join("link.yaml")).unwrap();
            symlink(outside.path(), root.join("folder")).unwrap();
            symlink(root.join("schemas/pet.yaml"), root.join("inside.yaml")).unwrap();
            for path in ["link.yaml", "folder/secret.yaml"] {
                assert_eq!(loader.load(path).unwrap_err(), "it leads out of the document's folder");
            }
            assert_eq!(loader.load("inside.yaml").unwrap(), "type: object");
        }
        for path in ["../x.yaml", "/etc/passwd"] {
            assert!(loader.load(path).is_err(), "{path}");
        }
    }
}
