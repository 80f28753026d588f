//! The reconciliation as its users see it: it holds for the repository, and one change anywhere breaks it with a message
//! that says where.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A change, and what the task must say about it.
struct Change {
    what: &'static str,
    file: &'static str,
    edit: fn(&str) -> String,
    says: &'static [&'static str],
}

const CHANGES: &[Change] = &[
    Change {
        what: "a field is removed from the document",
        file: "maiagent.yaml",
        edit: |text| without(text, "    Inbox:", "        unreadConversationsCount:"),
        says: &[
            "`Inbox.unreadConversationsCount`: it is absent in the document, present in v1, present in unversioned",
            "spec/maiagent.yaml:",
            "spec/sources/v1.yaml:",
            "spec/sources/unversioned.yaml:",
            "kind: left out",
        ],
    },
    Change {
        what: "a type changes",
        file: "maiagent.yaml",
        edit: |text| {
            after(
                text,
                "    Conversation:",
                "        title:\n          type: string",
                "        title:\n          type: integer",
            )
        },
        says: &[
            "`Conversation.title`: type is integer in the document, string in v1, string in unversioned",
            "kind: type differs",
        ],
    },
    Change {
        what: "a required mark is dropped",
        file: "maiagent.yaml",
        edit: |text| {
            after(text, "    Contact:", "required: [id, name, createdAt]", "required: [id, createdAt]")
        },
        says: &["`Contact.name`: it is optional in the document, required in unversioned"],
    },
    Change {
        what: "a decision is deleted",
        file: "reconciliation.yaml",
        edit: |text| without(text, "decisions:", "  - id: C24a"),
        says: &[
            "`Conversation.isAutoReplyNow` and 2 more: type is boolean in the document, string in v1, boolean in unversioned",
            "at: ['Conversation.isAutoReplyNow', 'Conversation.isGroupChat', 'Conversation.enableGroupMention']",
        ],
    },
    Change {
        what: "a value is removed from an enumeration",
        file: "maiagent.yaml",
        edit: |text| {
            text.replace(
                "enum: [maiagent, maiagent_ocr_beta, llama, azure]",
                "enum: [maiagent, maiagent_ocr_beta, azure]",
            )
        },
        says: &["`Parser.provider`: values are maiagent, maiagent_ocr_beta, azure in the document", "llama"],
    },
    Change {
        what: "a path changes",
        file: "maiagent.yaml",
        edit: |text| text.replace("\n  /conversations/{id}/:", "\n  /conversation/{id}/:"),
        says: &[
            "`GET /api/conversations/{id}/`: it is absent in the document",
            "`getConversation`: it is GET /conversation/{id}/ in the document, absent in v1, absent in unversioned",
        ],
    },
    Change {
        what: "a status changes",
        file: "maiagent.yaml",
        edit: |text| after(text, "operationId: createConversation", "'201':", "'200':"),
        says: &[
            "`createConversation`: status is 200 in the document, none in v1, 201 in unversioned",
            "C43a at `createConversation`: what it answers is no longer so",
        ],
    },
    Change {
        what: "a parameter is removed from the document",
        file: "maiagent.yaml",
        edit: |text| without(text, "operationId: listConversations", "        - name: keyword"),
        says: &[
            "`listConversations(keyword)`",
            "it is absent in the document",
            "C32 at `listConversations(keyword)`",
        ],
    },
    Change {
        what: "a field may suddenly be null",
        file: "maiagent.yaml",
        edit: |text| {
            after(
                text,
                "    Contact:",
                "        name:\n          type: string",
                "        name:\n          type: string\n          nullable: true",
            )
        },
        says: &["`Contact.name`: it may be null in the document, and no page says so"],
    },
    Change {
        what: "a field is added that nobody knows",
        file: "maiagent.yaml",
        edit: |text| {
            after(
                text,
                "    Parser:",
                "      properties:",
                "      properties:\n        colour:\n          type: string",
            )
        },
        says: &[
            "`Parser.colour`: it is string; optional in the document, absent in v1, absent in unversioned",
            "kind: other evidence",
        ],
    },
    Change {
        what: "a page gets a field",
        file: "sources/unversioned.yaml",
        edit: |text| {
            text.replacen(
                "{ name: webChat,",
                "{ name: locale, type: string, required: false }\n        - { name: webChat,",
                1,
            )
        },
        says: &["`NewConversation.locale`", "spec/sources/unversioned.yaml:"],
    },
    Change {
        what: "a partial page gets a field",
        file: "sources/current.yaml",
        edit: |text| {
            text.replacen(
                "{ name: message.metadata,",
                "{ name: message.locale, type: string, required: false }\n        - { name: message.metadata,",
                1,
            )
        },
        says: &[
            "`MessageInput.locale`: it is absent in the document, absent in v1, absent in unversioned, present in current",
            "spec/sources/current.yaml:",
        ],
    },
    Change {
        what: "a partial page marks a field otherwise",
        file: "sources/current.yaml",
        edit: |text| {
            text.replace(
                "{ name: message.sender, type: string, format: uuid, required: false }",
                "{ name: message.sender, type: string, format: uuid, required: true }",
            )
        },
        says: &["`MessageInput.sender`: it is optional in the document, required in current"],
    },
    Change {
        what: "a partial page is ascribed a route that it does not print",
        file: "maiagent.yaml",
        edit: |text| after(text, "operationId: getConversation", "documented: [D2]", "documented: [D3, D2]"),
        says: &["`GET /api/conversations/{id}/`: the page current is named and does not print it"],
    },
    Change {
        what: "a partial page is taken for a whole one",
        file: "reconciliation.yaml",
        edit: |text| text.replacen("current: { tag: D3, partial: true }", "current: D3", 1),
        says: &[
            "`createMessage` and 5 more: it is present in the document, present in v1, present in unversioned, absent in current",
        ],
    },
    Change {
        what: "a decision about something that does not differ",
        file: "reconciliation.yaml",
        edit: |text| text.replacen("at: [Inbox.signAuth]", "at: [Inbox.signAuth, Inbox.name]", 1),
        says: &[
            "C26a at `Inbox.name`: what it answers is no longer so",
            "spec/reconciliation.yaml:",
            "document and sources agree there now: remove the place",
        ],
    },
    Change {
        what: "a decision about a place that is not there",
        file: "reconciliation.yaml",
        edit: |text| text.replacen("at: [Inbox.signAuth]", "at: [Inbox.signAuth, Inbox.colour]", 1),
        says: &["C26a at `Inbox.colour`: there is no such place"],
    },
    Change {
        what: "two decisions about the same",
        file: "reconciliation.yaml",
        edit: |text| {
            text.replacen(
                "kind: nullable by other evidence\n    at: [Contact.avatar]",
                "kind: nullable by other evidence\n    at: [Contact.avatar, Inbox.signAuth]",
                1,
            )
        },
        says: &["`Inbox.signAuth`: C26b and C29 both answer for its nullable"],
    },
    Change {
        what: "the documentation no longer names a decision",
        file: "maiagent.yaml",
        edit: |text| text.replacen("          x-decisions: [C33]\n", "", 1),
        says: &[
            "`listMessages(conversation)`: `x-decisions` does not name what sources dispute here",
            "write `x-decisions: [C33]`",
        ],
    },
    Change {
        what: "a route is ascribed to the wrong page",
        file: "maiagent.yaml",
        edit: |text| {
            after(text, "operationId: createOutgoingMessage", "documented: [D1]", "documented: [D2]")
        },
        says: &[
            "`POST /api/v1/messages/outgoing/`: the page v1 prints it and is not named",
            "the page unversioned is named and does not print it",
        ],
    },
    Change {
        what: "a body becomes optional",
        file: "maiagent.yaml",
        edit: |text| {
            after(
                text,
                "operationId: createConversation",
                "        required: true",
                "        required: false",
            )
        },
        says: &["`createConversation request`: it is present, optional in the document, present in v1"],
    },
    Change {
        what: "a parameter moves",
        file: "maiagent.yaml",
        edit: |text| after(text, "        - name: keyword", "in: query", "in: header"),
        says: &["`listConversations(keyword)`: it is present elsewhere in the document"],
    },
    Change {
        what: "an operation is no longer deprecated",
        file: "maiagent.yaml",
        edit: |text| text.replacen("      deprecated: true\n", "", 1),
        says: &["C35 at `createOutgoingMessage`: what it answers is no longer so"],
    },
    Change {
        what: "another host",
        file: "maiagent.yaml",
        edit: |text| {
            text.replacen("url: https://api.maiagent.ai/api\n", "url: https://api.maiagent.com/api\n", 1)
        },
        says: &["`servers`: it is https://api.maiagent.com/api, "],
    },
    Change {
        what: "calls without a key",
        file: "maiagent.yaml",
        edit: |text| text.replacen("security:\n  - ApiKeyAuth: []", "security: []", 1),
        says: &["`security`: it is [] in the document"],
    },
    Change {
        what: "a component that nothing refers to",
        file: "maiagent.yaml",
        edit: |text| text.replacen("    SignAuth:\n", "    Orphan:\n      type: string\n    SignAuth:\n", 1),
        says: &["`Orphan`: nothing refers to this component"],
    },
    Change {
        what: "a list of something else",
        file: "maiagent.yaml",
        edit: |text| after(text, "    CompletionEvent:", "schemas/Citation'", "schemas/Attachment'"),
        says: &[
            "`CompletionEvent.citations`: it is array; optional; default []; of Attachment in the document",
        ],
    },
    Change {
        what: "a ledger with a kind that does not exist",
        file: "reconciliation.yaml",
        edit: |text| text.replacen("kind: prefix differs", "kind: prefers", 1),
        says: &["this kind is not known", "spec/reconciliation.yaml:"],
    },
    Change {
        what: "evidence that is none",
        file: "reconciliation.yaml",
        edit: |text| text.replacen("evidence: [C]", "evidence: [D2]", 1),
        says: &["a page is no other evidence"],
    },
];

#[test]
fn the_repository_is_reconciled() {
    let output = reconcile(&root().join("spec"));
    let (printed, complaints) = texts(&output);
    println!("{printed}");
    assert!(output.status.success(), "{complaints}");
    assert!(printed.contains("unchanged"), "{printed}");
}

#[test]
fn every_single_change_is_caught() {
    for change in CHANGES {
        let folder = tempfile::tempdir().unwrap();
        let spec = copy(folder.path());
        let path = spec.join(change.file);
        let before = fs::read_to_string(&path).unwrap();
        let after = (change.edit)(&before);
        assert_ne!(before, after, "{}: the edit changed nothing", change.what);
        fs::write(&path, after).unwrap();
        let output = reconcile(&spec);
        let (_, complaints) = texts(&output);
        let complaints = complaints.replace(&spec.display().to_string(), "spec");
        println!("--- {}\n{complaints}", change.what);
        assert_eq!(output.status.code(), Some(3), "{}", change.what);
        for part in change.says {
            assert!(complaints.contains(part), "{}: does not say {part:?}:\n{complaints}", change.what);
        }
    }
    println!("{} changes, each caught", CHANGES.len());
}

/// A source that comes later speaks to what was decided: that is one thing to settle, not three.
#[test]
fn a_decision_that_lacks_a_source_is_one_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let spec = copy(folder.path());
    let path = spec.join("reconciliation.yaml");
    let before = fs::read_to_string(&path).unwrap();
    let after = before.replacen("unversioned: object, current: object }", "unversioned: object }", 1);
    assert_ne!(before, after);
    fs::write(&path, after).unwrap();
    let output = reconcile(&spec);
    let (printed, complaints) = texts(&output);
    assert_eq!(output.status.code(), Some(3));
    for part in [
        "C5 at `CompletionRequest.message`: of its type, current says object, and the decision does not know it",
        "if it still holds, write in it\n    says: { v1: [array, object], unversioned: object, current: object }\n",
        "error: 1 to settle",
    ] {
        assert!(complaints.contains(part), "{complaints}");
    }
    // It is not accounted for until it is written.
    assert!(
        printed.contains(
            "source     current: operations 1: 0 + 1 + 0, parameters 1: 0 + 1 + 0, fields 25: 3 + 19 + 3"
        ),
        "{printed}"
    );

    // Where a decision has other places, they are told apart; where the document changed, too, the decision is looked at anew.
    let after = before.replacen(
        "C49b\n    kind: only in one\n    at: [MessageInput.metadata]",
        "C49b\n    kind: only in one\n    at: [MessageInput.metadata, MessageInput.sender]",
        1,
    );
    fs::write(&path, after).unwrap();
    assert!(texts(&reconcile(&spec)).1.contains("C49b and C49c both answer for its presence"));
}

#[test]
fn the_report_is_kept_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let spec = copy(folder.path());
    let report = spec.join("RECONCILIATION.md");
    let fresh = fs::read_to_string(&report).unwrap();
    fs::write(&report, "old").unwrap();
    let output = reconcile(&spec);
    assert_eq!(output.status.code(), Some(1));
    assert!(texts(&output).1.contains("run `cargo xtask reconcile --report`"));
    assert_eq!(fs::read_to_string(&report).unwrap(), "old");
    let output = xtask(&["reconcile", "--report", "--dir", spec.to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(fs::read_to_string(&report).unwrap(), fresh);
}

#[test]
fn the_page_has_a_row_for_each_place_and_runs_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let spec = copy(folder.path());
    let ledger = spec.join("reconciliation.yaml");
    let text = fs::read_to_string(&ledger).unwrap();
    let reason = "Code samples of both pages call this host; the versioned prefix is the second server.";
    assert!(text.contains(reason), "the decision to be changed is gone");
    let hostile = r#"'"</td><script>alert(1)</script><img src=x onerror=alert(2)>'"#;
    fs::write(&ledger, text.replace(reason, hostile)).unwrap();
    fs::remove_file(spec.join("RECONCILIATION.md")).unwrap();
    let pages = folder.path().join("some/pages");
    let dir = spec.to_str().unwrap();
    let output = xtask(&["reconcile", "--dir", dir, "--report", "--html", pages.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{:?}", texts(&output));
    let page = fs::read_to_string(pages.join("reconciliation.html")).unwrap();
    let report = fs::read_to_string(spec.join("RECONCILIATION.md")).unwrap();

    let ids: Vec<&str> = page.split("<tr id=\"").skip(1).map(|row| row.split('"').next().unwrap()).collect();
    let places = report.split("## The whole document").nth(1).unwrap().split("## Decisions").next().unwrap();
    let places = places.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")).count();
    assert_eq!(ids.len(), places);
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "an id twice");

    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&lt;img"), "the reason is not shown");
    assert_eq!((page.matches("<script").count(), page.matches("<img").count()), (1, 0));
    for loads in ["<link", "<iframe", "@import", "url(", "http-equiv=\"refresh"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

fn reconcile(spec: &Path) -> Output {
    xtask(&["reconcile", "--dir", spec.to_str().unwrap()])
}

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Copies what is reconciled into a folder.
fn copy(folder: &Path) -> PathBuf {
    let (from, to) = (root().join("spec"), folder.join("spec"));
    fs::create_dir_all(to.join("sources")).unwrap();
    let files = [
        "maiagent.yaml",
        "reconciliation.yaml",
        "RECONCILIATION.md",
        "sources/v1.yaml",
        "sources/unversioned.yaml",
        "sources/current.yaml",
    ];
    for file in files {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
    to
}

/// Replaces the first occurrence behind a mark.
fn after(text: &str, mark: &str, from: &str, to: &str) -> String {
    let at = text.find(mark).unwrap();
    format!("{}{}", &text[..at], text[at..].replacen(from, to, 1))
}

/// Removes the first block that begins with a line behind a mark, up to the next line that is not deeper.
fn without(text: &str, mark: &str, line: &str) -> String {
    let start = text.find(mark).unwrap();
    let start = start + text[start..].find(&format!("\n{line}")).unwrap() + 1;
    let indent = line.len() - line.trim_start().len();
    let mut end = start;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        if number > 0 && line.len() - line.trim_start().len() <= indent {
            break;
        }
        end += line.len();
    }
    format!("{}{}", &text[..start], &text[end..])
}
