//! Generated clients against Prism, which serves documents and finds faults in requests.

use super::workspace::{self, package_name};
use super::{Generated, calls};
use crate::say::println;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The package with a program for each document.
const PACKAGE: &str = "corpus-calls";

/// How long Prism may take to read a document.
const LONGEST_START: Duration = Duration::from_secs(60);

/// Lets each document's client call all of its operations on a server that `command` starts; a port and the document are
/// added to it. False where a request is refused or an answer does not decode.
pub(super) fn check(documents: &[Generated], command: &str) -> Result<bool, String> {
    let cannot = |error: std::io::Error| format!("cannot write the programs: {error}");
    let workspace = workspace::write(documents)?;
    let folder = workspace.join("crates").join(PACKAGE);
    fs::create_dir_all(folder.join("src/bin")).map_err(cannot)?;
    let mut dependencies = String::new();
    for Generated { name, calls, .. } in documents {
        let package = package_name(name);
        let file = folder.join("src/bin").join(format!("{package}.rs"));
        fs::write(file, &calls.text).map_err(cannot)?;
        dependencies.push_str(&format!("{package} = {{ path = \"../{package}\" }}\n"));
    }
    fs::write(folder.join("Cargo.toml"), manifest(&dependencies)).map_err(cannot)?;
    let target = crate::root().join("target");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", PACKAGE])
        .current_dir(&workspace)
        .env("CARGO_TARGET_DIR", &target)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !built.success() {
        return Ok(false);
    }
    let mut all = true;
    for Generated { name, path, calls: calls::Program { without, .. }, .. } in documents {
        println!("-- {name}");
        for reason in without {
            println!("  without  {reason}");
        }
        all &= call(&target.join("debug").join(package_name(name)), path, command)?;
    }
    Ok(all)
}

/// Runs a program on a server of its own.
fn call(program: &Path, document: &Path, command: &str) -> Result<bool, String> {
    let port = free_port().map_err(|error| format!("no port is free: {error}"))?;
    let mut words = command.split_whitespace();
    let server = Command::new(words.next().ok_or("the command of Prism is empty")?)
        .args(words)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .arg(document)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run {command}: {error}"))?;
    let mut server = Server(server);
    if !server.listens(port) {
        println!("  the server does not start with this document");
        return Ok(false);
    }
    let status = Command::new(program)
        .arg(format!("http://127.0.0.1:{port}"))
        .status()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    if !matches!(server.0.try_wait(), Ok(None)) {
        println!("  the server ended before the last call");
    }
    Ok(status.success())
}

/// A process that ends with its owner.
struct Server(Child);

impl Server {
    /// Waits until it takes connections.
    fn listens(&mut self, port: u16) -> bool {
        let start = Instant::now();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while start.elapsed() < LONGEST_START && matches!(self.0.try_wait(), Ok(None)) {
            if TcpStream::connect(address).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(100));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn manifest(dependencies: &str) -> String {
    let runtime = workspace::runtime();
    format!(
        "[package]\nname = \"{PACKAGE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         runtime = {{ package = \"specwright-runtime\", {runtime} }}\nserde = \"1\"\n\
         serde_json = {{ version = \"1\", features = [\"float_roundtrip\", \"raw_value\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n{dependencies}"
    )
}
