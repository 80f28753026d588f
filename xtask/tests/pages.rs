//! `cargo xtask import-page` as a person runs it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder for sources, and pages to make them from.
struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A page of the fixtures, changed.
    fn page(&self, name: &str, change: impl FnOnce(String) -> String) -> PathBuf {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(name);
        let path = self.folder.path().join(name);
        fs::write(&path, change(fs::read_to_string(fixture).unwrap())).unwrap();
        path
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("sources/loans.yaml")
    }

    fn run(&self, page: &Path, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("import-page")
            .arg(page.file_name().unwrap())
            .args(["--as", "loans", "--dir", "."])
            .args(more)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_page_becomes_a_source_which_is_then_left_alone() {
    let place = Workplace::new();
    let page = place.page("flat.txt", |text| text);
    let first = place.run(&page, &[]);
    assert_eq!(status(&first), 0, "{}", text(&first.stderr));
    let printed = text(&first.stdout);
    assert!(printed.contains("read       flat.txt: 276 lines: 192 statements, 16 prose,"), "{printed}");
    assert!(
        printed.contains("0 not understood") && printed.contains("wrote      ./sources/loans.yaml"),
        "{printed}"
    );
    let changed = fs::metadata(place.source()).unwrap().modified().unwrap();

    assert!(text(&place.run(&page, &[]).stdout).contains("unchanged  ./sources/loans.yaml"));
    assert_eq!(fs::metadata(place.source()).unwrap().modified().unwrap(), changed);
    for more in ["--check", "--diff"] {
        assert_eq!(status(&place.run(&page, &[more])), 0, "{more}");
    }
    for name in ["markdown.md", "layout.txt"] {
        let other = place.page(name, |text| text);
        let output = place.run(&other, &["--check"]);
        assert_eq!(status(&output), 0, "{name}: {}", text(&output.stdout));
        let lost = text(&output.stdout).contains("the marks of 11 fields are missing from this page");
        assert_eq!(lost, name == "layout.txt", "{}", text(&output.stdout));
    }
}

#[test]
fn what_a_new_page_says_differently_is_printed_and_nothing_is_written() {
    let place = Workplace::new();
    place.run(&place.page("flat.txt", |text| text), &[]);
    let before = fs::read_to_string(place.source()).unwrap();
    let page = place.page("flat.txt", |text| {
        text.replace("days\ninteger\n否", "days\ninteger\n是").replace("非必填,預設為 14", "預設為 14")
    });

    let check = place.run(&page, &["--check"]);
    assert_eq!(status(&check), 1);
    let diff = text(&check.stdout);
    assert!(
        diff.contains("-        - { name: days, type: integer, required: false, default: 14 }"),
        "{diff}"
    );
    assert!(diff.contains("+        - { name: days, type: integer, required: true, default: 14 }"), "{diff}");

    let list = place.run(&page, &["--diff"]);
    assert_eq!(status(&list), 1);
    let expected = "POST /api/branches/{branchId}/loans/\n  request table days: optional -> required\n";
    assert!(text(&list.stdout).contains(expected), "{}", text(&list.stdout));
    assert!(text(&list.stdout).contains("compared   1 change\n"));
    assert_eq!(fs::read_to_string(place.source()).unwrap(), before);
}

#[test]
fn what_is_not_understood_is_listed_and_nothing_is_written() {
    let place = Workplace::new();
    let page = place.page("flat.txt", |text| {
        text.replacen("days\ninteger", "days\nintegr", 1).replacen("\"card\"?:", "card?:", 1)
    });
    let output = place.run(&page, &[]);
    assert_eq!(status(&output), 3);
    let printed = text(&output.stderr);
    assert!(
        printed.contains("flat.txt:26: a row without a known type: days (and 3 more up to line 29)"),
        "{printed}"
    );
    assert!(printed.contains("card?: string (uri)"), "{printed}");
    assert!(printed.contains("not understood in 2 places; nothing was written"), "{printed}");
    assert!(!place.source().exists());
}

#[test]
fn what_is_no_page_is_refused() {
    let place = Workplace::new();
    let page = place.folder.path().join("page.bin");
    fs::write(&page, b"abc\xff\xfe").unwrap();
    let output = place.run(&page, &[]);
    assert_eq!(status(&output), 2);
    assert!(
        text(&output.stderr).contains("its bytes are not UTF-8 from byte 3 on"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(status(&place.run(Path::new("missing.txt"), &[])), 2);
    let page = place.page("flat.txt", |text| text);
    assert_eq!(status(&place.run(&page, &["--check", "--diff"])), 2);
    let named = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["import-page", "flat.txt", "--as", "../escape"])
        .current_dir(place.folder.path())
        .output()
        .unwrap();
    assert_eq!(status(&named), 2);

    // A source that was spoilt by hand is reported with its place.
    place.run(&page, &[]);
    let spoilt = fs::read_to_string(place.source()).unwrap().replacen("required: true", "required: maybe", 1);
    fs::write(place.source(), spoilt).unwrap();
    let output = place.run(&page, &["--diff"]);
    assert_eq!(status(&output), 3);
    assert!(text(&output.stderr).contains("./sources/loans.yaml:5:"), "{}", text(&output.stderr));
}

#[test]
fn the_ledger_says_which_page_is_partial() {
    let place = Workplace::new();
    let page = place.page("current.txt", |text| text);
    let whole = place.run(&page, &[]);
    assert_eq!(status(&whole), 3);
    assert!(text(&whole.stderr).contains("is only a part of the page at hand?"), "{}", text(&whole.stderr));
    assert!(!place.source().exists());

    let ledger = place.folder.path().join("reconciliation.yaml");
    fs::write(&ledger, "sources:\n  loans: { tag: L, partial: true }\n").unwrap();
    let output = place.run(&page, &[]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("current.txt (a part of the page): 121 lines"),
        "{}",
        text(&output.stdout)
    );
    let markdown = place.page("current.md", |text| text);
    assert_eq!(status(&place.run(&markdown, &["--check"])), 0);

    fs::write(&ledger, "sources:\n  loans: { tag: L, partial: perhaps }\n").unwrap();
    let output = place.run(&page, &[]);
    assert_eq!(status(&output), 2);
    let printed = text(&output.stderr);
    assert!(printed.contains("./reconciliation.yaml does not say which pages are partial"), "{printed}");
    assert!(printed.contains("write true or false"), "{printed}");
}

#[test]
fn a_new_page_is_compared_with_the_one_that_it_follows() {
    let place = Workplace::new();
    place.run(&place.page("flat.txt", |text| text), &[]);
    let page =
        place.page("flat.txt", |text| text.replace("days\ninteger\n否\n非必填,", "days\ninteger\n是\n"));
    let compare = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["import-page", page.to_str().unwrap(), "--as", "next", "--dir", "."])
            .args(more)
            .current_dir(place.folder.path())
            .output()
            .unwrap()
    };
    let alone = text(&compare(&["--diff"]).stdout);
    assert_eq!(alone.matches("(new operation)").count(), 4, "{alone}");
    let beside = compare(&["--diff", "--against", "loans"]);
    assert_eq!(status(&beside), 1);
    let printed = text(&beside.stdout);
    assert!(printed.contains("request table days: optional -> required"), "{printed}");
    assert!(printed.contains("compared   1 change\n"), "{printed}");
    assert!(!place.folder.path().join("sources/next.yaml").exists());
    let missing = compare(&["--diff", "--against", "other"]);
    assert_eq!(status(&missing), 2);
    assert!(text(&missing.stderr).contains("there is no ./sources/other.yaml"), "{}", text(&missing.stderr));
    assert_eq!(status(&compare(&["--against", "loans"])), 2);
}
