//! Documents of several files, and overlays: what they become, and where complaints about them point.
//!
//! Each folder of `specs/files` has an `openapi.yaml`, the files that it refers to, and overlays by their names.

use codegen::{Colour, Diagnostics, Documents, Loader, OneFile, Options};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files by their paths, and which of them were asked for.
struct Files {
    folder: PathBuf,
    asked: Vec<String>,
}

impl Loader for Files {
    fn load(&mut self, path: &str) -> Result<String, String> {
        self.asked.push(path.to_owned());
        fs::read_to_string(self.folder.join(path)).map_err(|_| "there is no such file".to_owned())
    }
}

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/files").join(case)
}

/// The document of a folder with its overlays, and a loader for the rest.
fn documents(case: &str) -> (Documents, Files) {
    let folder = folder(case);
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let mut documents = Documents::new("api/openapi.yaml", text("openapi.yaml"));
    for overlay in ["overlay-1.yaml", "overlay-2.yaml"] {
        if folder.join(overlay).exists() {
            documents.add_overlay(overlay, text(overlay));
        }
    }
    (documents, Files { folder, asked: Vec::new() })
}

/// What is said about each folder.
pub fn complaints() -> Vec<(String, Diagnostics, Documents)> {
    let result = |case: String| {
        let (mut documents, mut files) = documents(&case);
        let result = codegen::generate_all(&mut documents, &mut files, &Options::default(), |_| {});
        let problems = result.map_or_else(|problems| problems, |output| output.warnings);
        (case, problems, documents)
    };
    cases().into_iter().map(result).collect()
}

fn cases() -> Vec<String> {
    let mut cases: Vec<String> = fs::read_dir(folder(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    cases.sort();
    assert!(cases.len() > 5);
    cases
}

#[test]
fn each_folder_becomes_one_crate_or_complaints_that_name_the_file() {
    for case in cases() {
        let (mut documents, mut files) = documents(&case);
        let result = codegen::generate_all(&mut documents, &mut files, &Options::default(), |_| {});
        let shown = match &result {
            Err(problems) => problems.render(&documents, Colour::Plain),
            Ok(output) => {
                let code = ["models.rs", "api.rs"].map(|file| {
                    let parts = output.tree[file].split("\n\n");
                    let parts =
                        parts.filter(|part| !part.starts_with("// @generated") && !part.starts_with("use "));
                    parts.collect::<Vec<_>>().join("\n\n")
                });
                format!("{}{}", output.warnings.render(&documents, Colour::Plain), code.join("\n"))
            }
        };
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("files-{case}"), shown);
        });
    }
}

#[test]
fn nothing_outside_of_the_folder_is_asked_for_and_nothing_twice() {
    for (case, expected) in [
        ("outside", vec!["below/d.yaml"]),
        ("circle", vec!["b.yaml"]),
        ("names", vec!["pet-tag.schema.json", "other.yaml"]),
    ] {
        let (mut documents, mut files) = documents(case);
        let _ = codegen::generate_all(&mut documents, &mut files, &Options::default(), |_| {});
        assert_eq!(files.asked, expected, "{case}");
    }
}

#[test]
fn without_a_loader_references_to_files_lead_nowhere() {
    let (mut documents, _) = documents("circle");
    let output = codegen::generate_all(&mut documents, &mut OneFile, &Options::default(), |_| {}).unwrap();
    let shown = output.warnings.render(&documents, Colour::Plain);
    assert!(shown.contains("this file cannot be read: only the document itself was given"), "{shown}");
    assert!(shown.contains("api/openapi.yaml:6:49"), "{shown}");
}

#[test]
fn a_place_says_which_file_it_is_in() {
    let (mut documents, mut files) = documents("broken");
    let output = codegen::generate_all(&mut documents, &mut files, &Options::default(), |_| {}).unwrap();
    let mut places = BTreeMap::new();
    for problem in output.warnings.iter() {
        let (source, place) = documents.sources().locate(problem.span).unwrap();
        places.insert((source.name.to_owned(), place.line, place.column), problem.message.clone());
    }
    let named = |name: &str| places.keys().filter(|(file, ..)| file == name).count();
    assert_eq!((named("api/openapi.yaml"), named("api/there.yaml")), (2, 2), "{places:#?}");
}

#[test]
fn the_same_document_in_one_file_has_the_same_places_as_before() {
    let (mut documents, mut files) = documents("split");
    let first = codegen::generate_all(&mut documents, &mut files, &Options::default(), |_| {}).unwrap();
    // Once more with the same documents: what was loaded is loaded anew.
    let second = codegen::generate_all(&mut documents, &mut files, &Options::default(), |_| {}).unwrap();
    assert_eq!(first, second);
}
