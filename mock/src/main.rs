//! The mock as a program: settings from the command line, a line for each request and each post of its own, until Ctrl-C.

use std::io::{self, Write};
use std::net::IpAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use maiagent_mock::{Delivered, Mock, MockBuilder, Seen, Trouble, WebhookTrouble};

/// The MaiAgent conversation and message API on your own machine, without an account.
///
/// Opened in a browser, at /, it is a page: an assistant to chat with, the requests as they arrive, the troubles as switches,
/// and the reference to try out. Nothing is kept when it stops. Ctrl-C stops it when the answers that are being given have ended,
/// after five seconds at most; twice, at once.
#[derive(Parser)]
#[command(version, after_long_help = TROUBLES)]
struct Options {
    /// Port to listen on; 0 means any free one.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Address to listen on. With anything but a loopback address, others can reach it.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The key that clients must send, as `Authorization: Api-Key KEY`.
    #[arg(long, default_value = "mock-key")]
    key: String,
    /// Milliseconds before each piece of a streamed reply.
    #[arg(long, default_value_t = 40, value_name = "MS")]
    pace_ms: u64,
    /// Start with a few conversations, messages and records.
    #[arg(long)]
    seed: bool,
    /// Something that goes wrong, such as `status=503,times=2`; --help lists all. Can be repeated: each
    /// request gets the first trouble that is meant for it.
    #[arg(long, value_name = "TROUBLE")]
    trouble: Vec<Trouble>,
    /// Where to post answers to messages, such as http://127.0.0.1:8080/path; again and again, until that answers 200.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Milliseconds before an answer is posted again; each pause after that is twice as long.
    #[arg(long, default_value_t = 1000, value_name = "MS")]
    webhook_pause_ms: u64,
    /// What goes wrong with what is posted there: `twice`, `swapped` or `slow=250` (milliseconds).
    #[arg(long, value_name = "TROUBLE", requires = "webhook")]
    webhook_trouble: Option<WebhookTrouble>,
    /// Port of the storage that files go to; 0 means any free one.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    storage_port: u16,
    /// The most bytes that a file may have.
    #[arg(long, default_value_t = 32 << 20, value_name = "BYTES")]
    max_file_size: u64,
    /// Serve no page for a browser at `/`.
    #[arg(long)]
    no_page: bool,
    /// A name of this host by which the page can be opened, too, such as that of a container; can be repeated. The page
    /// then asks for the key.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Print no line for each request, and for each attempt to post an answer to the webhook.
    #[arg(long)]
    quiet: bool,
}

const TROUBLES: &str = "\
Troubles:
  status=503     this status instead of an answer; with retry-after=1, that header
  cut=100        the connection breaks after so many bytes of the body
  stall          no answer, ever
  stall=100      the body stops after so many bytes, and the connection stays open
  slow=10        so many bytes of the body at a time, every 50 ms or pause-ms=5
  broken         half a JSON document; in a stream, half of each event
  unknown        properties and enum values that no document mentions
Limits of each, after a comma:
  times=2        only the next so many requests
  on=/messages/  only requests whose path has this in it
Example:
  --trouble status=503,retry-after=1,times=2 --trouble cut=100,on=/completions/";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    let has_page = !options.no_page;
    let mock = start(options).await?;
    // A closed terminal, or `| head`, is no reason not to serve.
    _ = io::stdout().write_all(introduction(&mock, has_page).as_bytes());
    told_to_stop().await?;
    // Whoever asks twice does not want to wait.
    let mut again = pin!(told_to_stop());
    let mut ended = pin!(mock.shut_down(GRACE));
    tokio::select! {
        _ = ended.as_mut() => return Ok(()),
        result = again.as_mut() => return result,
        () = tokio::time::sleep(SOON) => {}
    }
    _ = writeln!(
        io::stderr(),
        "waiting for answers that are being given, {GRACE:?} at most; Ctrl-C stops it now"
    );
    tokio::select! {
        _ = ended => Ok(()),
        result = again => result,
    }
}

/// Whatever takes longer than this to stop says why.
const SOON: Duration = Duration::from_millis(300);

/// How long answers that are being given may go on when it is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Ctrl-C, or what service managers and containers send.
async fn told_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

async fn start(options: Options) -> io::Result<Mock> {
    let mut builder = Mock::builder()
        .host(options.host)
        .port(options.port)
        .key(options.key)
        .pace(Duration::from_millis(options.pace_ms))
        .storage_port(options.storage_port)
        .max_file_size(options.max_file_size)
        .webhook_pause(Duration::from_millis(options.webhook_pause_ms));
    if let Some(url) = options.webhook {
        builder = builder.webhook(url);
    }
    if let Some(trouble) = options.webhook_trouble {
        builder = builder.webhook_trouble(trouble);
    }
    if options.seed {
        builder = builder.seed();
    }
    if !options.no_page {
        builder = builder.page();
    }
    builder = options.allow_host.into_iter().fold(builder, MockBuilder::allow_host);
    if !options.quiet {
        builder = builder.on_request(print_line).on_delivery(print_delivery);
    }
    options.trouble.into_iter().fold(builder, |builder, trouble| builder.trouble(trouble)).start().await
}

/// A closed terminal is no reason to stop serving.
fn print_line(seen: &Seen, time: Duration) {
    _ = writeln!(io::stdout(), "{seen} {} ms", time.as_millis());
}

fn print_delivery(delivered: &Delivered, time: Duration) {
    _ = writeln!(io::stdout(), "{delivered} {} ms", time.as_millis());
}

/// Everything that a newcomer needs for a first call.
fn introduction(mock: &Mock, has_page: bool) -> String {
    let (url, key, chatbot) = (mock.url(), mock.key(), mock.chatbot_id());
    let page = if has_page { format!("\nIn a browser  {}\n", mock.page_url()) } else { String::new() };
    format!(
        "\
Listening on  {url}/
and on        {url_v1}/
API key       {key}
Chatbot       {chatbot}
Inbox         {inbox}
Web chat      {web_chat}
Storage       {storage}
{page}
Try it:

curl -N {url}/chatbots/{chatbot}/completions/ \\
  -H 'Authorization: Api-Key {quoted}' -H 'Content-Type: application/json' \\
  -d '{{\"message\": {{\"content\": \"Hello!\"}}, \"isStreaming\": true}}'

Ctrl-C stops it.

",
        url_v1 = mock.url_v1(),
        inbox = mock.inbox_id(),
        web_chat = mock.web_chat_id(),
        storage = mock.storage_url(),
        // For a shell.
        quoted = key.replace('\'', r"'\''"),
    )
}
