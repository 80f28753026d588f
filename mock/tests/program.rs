//! The program: what it prints, and how it ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_maiagent-mock"))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_introduces_itself_reports_requests_and_ends_on_ctrl_c() {
    let mut server = program()
        .args(["--port", "0", "--key", "k1", "--seed", "--trouble", "status=503,times=1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let introduction: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("Ctrl-C")).collect();
    let url = introduction[0].strip_prefix("Listening on  ").unwrap().to_owned();
    assert_eq!(introduction[1], format!("and on        {url}v1/"));
    assert_eq!(introduction[2], "API key       k1");
    assert!(introduction.iter().any(|line| line.starts_with("curl ") && line.contains(&url)));

    let address = url.strip_prefix("http://").unwrap().strip_suffix("/api/").unwrap();
    let page = introduction.iter().find_map(|line| line.strip_prefix("In a browser  ")).unwrap();
    assert_eq!(page, format!("http://{address}/"));
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /api/messages/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let requests: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    assert!(requests[0].starts_with("GET /api/messages/ 503 "), "{requests:?}");
    assert!(requests[1].starts_with("GET /api/messages/ 401 "), "{requests:?}");
    assert!(server.wait().unwrap().success());
}

#[test]
fn it_reports_what_it_posts_without_the_address() {
    // Refuses the first attempt, and takes the second.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    let receiver = std::thread::spawn(move || {
        for status in ["500 Failed", "200 OK"] {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let mut length = 0;
            for line in stream.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
            }
            stream.read_exact(&mut vec![0; length]).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    let url = format!("http://{host}/canary-path?canary-query");
    let mut server = program()
        .args(["--port", "0", "--webhook", &url, "--webhook-pause-ms", "5"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let introduction: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("Ctrl-C")).collect();
    let value =
        |name: &str| introduction.iter().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let address = value("Listening on  http://").strip_suffix("/api/").unwrap().to_owned();
    let post = |path: &str, body: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "POST /api/{path}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Api-Key mock-key\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let started = post("conversations", &format!("{{\"webChat\": \"{}\"}}", value("Web chat")));
    let started: serde_json::Value = serde_json::from_str(started.split_once("\r\n\r\n").unwrap().1).unwrap();
    let new = serde_json::json!({ "conversation": started["id"], "content": "canary-text" });
    assert!(post("messages", &new.to_string()).starts_with("HTTP/1.1 201"));
    receiver.join().unwrap();
    let posted: Vec<_> = lines.by_ref().filter(|line| line.contains("webhook")).take(2).collect();
    assert!(
        posted[0].starts_with(&format!("POST to webhook at {host} 500 (attempt 1, again in 5 ms) ")),
        "{posted:?}"
    );
    assert!(posted[1].starts_with(&format!("POST to webhook at {host} 200 (attempt 2) ")), "{posted:?}");
    assert!(!posted.concat().contains("canary"), "{posted:?}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn it_has_a_page_unless_told_otherwise() {
    for (options, answer) in [(&[][..], "HTTP/1.1 200"), (&["--no-page"], "HTTP/1.1 401")] {
        let mut server =
            program().args(["--port", "0", "--quiet"]).args(options).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        let introduction: Vec<_> = lines.take_while(|line| !line.starts_with("Ctrl-C")).collect();
        assert_eq!(introduction.iter().any(|line| line.contains("browser")), options.is_empty());
        let address =
            introduction[0].strip_prefix("Listening on  http://").unwrap().strip_suffix("/api/").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(text.starts_with(answer), "{text}");
    }
    let help = program().arg("--help").output().unwrap();
    assert!(String::from_utf8_lossy(&help.stdout).contains("browser"));
}

#[test]
fn it_says_what_is_wrong() {
    let output = program().args(["--trouble", "bad"]).output().unwrap();
    assert!(!output.status.success() && stderr(&output).contains("status=503"), "{output:?}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = program().args(["--port", &port]).output().unwrap();
    assert!(!output.status.success() && stderr(&output).contains(&port), "{output:?}");
    // Which of the two it is.
    let output = program().args(["--port", "0", "--storage-port", &port]).output().unwrap();
    let words = format!("cannot listen for the storage on 127.0.0.1, port {port}: ");
    assert!(!output.status.success() && stderr(&output).contains(&words), "{output:?}");

    for key in ["", " ", "a\nb", " a", "a ", "ä"] {
        let output = program().args(["--port", "0", "--key", key]).output().unwrap();
        assert!(!output.status.success() && stderr(&output).contains("key"), "{key:?}: {output:?}");
    }
    // Nobody is there to hear it.
    let (closed, stderr) = std::io::pipe().unwrap();
    drop(closed);
    let status = program().args(["--port", &port]).stderr(stderr).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn it_serves_where_nobody_reads_what_it_prints() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (closed, stdout) = std::io::pipe().unwrap();
    drop(closed);
    let mut server = program().args(["--port", &free.port().to_string()]).stdout(stdout).spawn().unwrap();
    let stream = (0..500).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        TcpStream::connect(free).ok()
    });
    let mut text = String::new();
    if let Some(mut stream) = stream {
        write!(stream, "GET /api/messages/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut text).unwrap();
    }
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(text.starts_with("HTTP/1.1 401"), "{text}");
}

#[test]
fn it_says_what_it_waits_for_when_it_is_told_to_stop() {
    let mut server = program()
        .args(["--port", "0", "--key", "it's", "--pace-ms", "60000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let introduction: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("Ctrl-C")).collect();
    // What it prints is what a shell takes.
    let first = introduction.iter().position(|line| line.starts_with("curl ")).unwrap();
    let script = introduction[first..].join("\n").replace("curl -N", "printf '%s\\n'");
    let words = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(String::from_utf8_lossy(&words.stdout).contains("\nAuthorization: Api-Key it's\n"), "{words:?}");
    let value =
        |name: &str| introduction.iter().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let address = value("Listening on  http://").strip_suffix("/api/").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let body = r#"{"message": {"content": "Hello!"}, "isStreaming": true}"#;
    write!(
        stream,
        "POST /api/chatbots/{}/completions/ HTTP/1.1\r\nHost: a\r\nAuthorization: Api-Key it's\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        value("Chatbot"),
        body.len()
    )
    .unwrap();
    let mut head = String::new();
    BufReader::new(&stream).read_line(&mut head).unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let pid = server.id().to_string();
    let interrupt = || Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(interrupt().success());
    let mut said = String::new();
    BufReader::new(server.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("5s at most; Ctrl-C"), "{said}");
    assert!(interrupt().success());
    assert!(server.wait().unwrap().success());
}
