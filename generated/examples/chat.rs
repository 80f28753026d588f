//! A chat: `cargo run -p maiagent --example chat`.
//!
//! Replies appear as they stream, and each question continues the conversation. Ctrl-C stops a reply; at the
//! prompt it ends the program, as the end of the input does. `echo Hello | cargo run ...` works, too.

mod shared;

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use maiagent::models::{CompletionRequest, ConversationId, MessageInput};
use maiagent::{Api, MainError};
use shared::Service;
use tokio::signal::ctrl_c;
use tokio::sync::mpsc::{Receiver, channel};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let service = shared::connect().await?;
    let mut questions = lines_of_input();
    let mut conversation = None;
    loop {
        show_prompt()?;
        let question = tokio::select! {
            question = questions.recv() => question,
            _ = ctrl_c() => None,
        };
        let Some(question) = question else { break };
        if question.trim().is_empty() {
            continue;
        }
        // Ctrl-C drops the reply, which closes its connection.
        tokio::select! {
            result = print_reply(&service, &question, &mut conversation) => match result {
                Ok(()) => show("\n\n")?,
                Err(error) => eprintln!("\n[{error}]\n"),
            },
            _ = ctrl_c() => show(" [stopped]\n\n")?,
        }
    }
    Ok(())
}

/// Asks, and prints the reply piece by piece. The first one says which conversation it belongs to.
async fn print_reply(
    service: &Service,
    question: &str,
    conversation: &mut Option<ConversationId>,
) -> Result<(), MainError> {
    let mut request = CompletionRequest::new(MessageInput::new(question));
    if let Some(id) = &*conversation {
        request = request.conversation(id);
    }
    let mut reply = service.client.stream_completion(&service.chatbot, &request).await?;
    while let Some(event) = reply.try_next().await? {
        show(&event.content.unwrap_or_default())?;
        *conversation = event.conversation_id.or(conversation.take());
    }
    Ok(())
}

/// Only people need a prompt.
fn show_prompt() -> io::Result<()> {
    if io::stdin().is_terminal() { show("> ") } else { Ok(()) }
}

/// Shows a piece of text at once, not when the line is full.
fn show(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Reads on a thread of its own, because nothing can interrupt reading from a terminal.
fn lines_of_input() -> Receiver<String> {
    let (sender, receiver) = channel(1);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
