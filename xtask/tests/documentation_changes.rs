//! When the documentation changes: import, compare, edit, reconcile, generate, and a user's program that still compiles.
//!
//! The pages in `loop/` are an invented API's, in the layout of the vendor's. In the second one a field was added, an
//! enumeration widened, a component and a property renamed, a mark changed and an operation added.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(place.path("spec/sources")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The curator's two files, as they are before or after.
    fn curate(&self, when: &str) {
        for (from, to) in [("yaml", "maiagent.yaml"), ("ledger.yaml", "reconciliation.yaml")] {
            fs::copy(fixture(&format!("{when}.{from}")), self.path("spec").join(to)).unwrap();
        }
    }

    fn import(&self, page: &str, more: &[&str]) -> Output {
        let page = fixture(page);
        let arguments = ["import-page", page.to_str().unwrap(), "--as", "unversioned", "--dir", "spec"];
        self.xtask(&[&arguments, more].concat())
    }

    fn reconcile(&self) -> Output {
        self.xtask(&["reconcile", "--dir", "spec", "--report"])
    }

    fn xtask(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// Generates the crate and compiles the user's program against it.
    fn user_compiles(&self) {
        done(&self.xtask(&["codegen", "--spec", "spec/maiagent.yaml", "--out", "loans/src"]));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        fs::create_dir_all(self.path("user/src")).unwrap();
        let runtime = root.join("runtime").display().to_string();
        let manifest = format!(
            "[package]\nname = \"loans\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[features]\nclient = []\nserver = []\n\n\
             [dependencies]\nruntime = {{ package = \"specwright-runtime\", path = '{runtime}' }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n"
        );
        fs::write(self.path("loans/Cargo.toml"), manifest).unwrap();
        let manifest = "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                        [dependencies]\nloans = { path = \"../loans\" }\n";
        fs::write(self.path("user/Cargo.toml"), manifest).unwrap();
        fs::copy(fixture("user.rs"), self.path("user/src/lib.rs")).unwrap();
        let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"loans\", \"user\"]\n";
        fs::write(self.path("Cargo.toml"), workspace).unwrap();
        fs::copy(root.join("Cargo.lock"), self.path("Cargo.lock")).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--package", "user"])
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", root.join("target/documentation-changes"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", texts(&output).1);
    }
}

#[test]
fn a_change_of_the_documentation_is_a_routine() {
    let place = Place::new();
    place.curate("before");
    done(&place.import("before.txt", &[]));
    done(&place.reconcile());
    place.user_compiles();

    // What is there to do? Nothing is written by asking.
    let before = fs::read_to_string(place.path("spec/sources/unversioned.yaml")).unwrap();
    let output = place.import("after.txt", &["--diff"]);
    assert_eq!(output.status.code(), Some(1));
    let to_do = texts(&output).0;
    println!("{to_do}");
    for line in [
        "request note: optional -> required",
        "NewLoan.note at spec/maiagent.yaml:34:",
        "request table copies: array[CopyCreateInput] -> array[CopyInput]",
        "response 201 state: values + late",
        "Loan.state at spec/maiagent.yaml:48:",
        "response 201 renewals: new, integer optional",
        "beside Loan.id at spec/maiagent.yaml:",
        "response 201 reader -> borrower (renamed?)",
        "Loan.reader at spec/maiagent.yaml:50:",
        "POST /api/loans/{id}/renew/  (new operation)",
    ] {
        assert!(to_do.contains(line), "{line}");
    }
    assert_eq!(fs::read_to_string(place.path("spec/sources/unversioned.yaml")).unwrap(), before);

    // Taken over, the document no longer holds.
    done(&place.import("after.txt", &[]));
    let output = place.reconcile();
    assert_eq!(output.status.code(), Some(3));
    let complaints = texts(&output).1;
    println!("{complaints}");
    for name in
        ["Loan.borrower", "Loan.renewals", "Loan.state", "NewLoan.note", "POST /api/loans/{id}/renew/"]
    {
        assert!(
            complaints.contains(&format!("{name}'")) || complaints.contains(&format!("`{name}`")),
            "{name}"
        );
    }

    // Edited, it does, and the user's program has not noticed.
    place.curate("after");
    done(&place.reconcile());
    place.user_compiles();
    let report = fs::read_to_string(place.path("spec/RECONCILIATION.md")).unwrap();
    assert!(report.contains("| `renewals` | integer; optional | integer; optional |  |"), "{report}");
    assert_eq!(place.import("after.txt", &["--check"]).status.code(), Some(0));
}

fn done(output: &Output) {
    let (printed, complaints) = texts(output);
    assert!(output.status.success(), "{printed}{complaints}");
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/loop").join(name)
}
