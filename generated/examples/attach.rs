//! A question with an image and a document: `cargo run -p maiagent --example attach [FILE]...`.
//!
//! Without files it sends two of its own. The first goes up in one request, as small files do, and the others straight to the
//! storage, as large ones should.

mod shared;

use std::io::{self, Write};

use maiagent::forms::CreateAttachmentForm;
use maiagent::models::{AttachmentInput, CompletionRequest, MessageInput};
use maiagent::uploads::Uploads;
use maiagent::{Api, FilePart, MainError};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let service = shared::connect().await?;
    let client = &service.client;
    let mut files = files().into_iter();

    let mut stored = Vec::new();
    if let Some(file) = files.next() {
        stored.push(client.create_attachment(CreateAttachmentForm::new(file)).await?.into_body());
    }
    for file in files {
        stored.push(client.upload_attachment(file).await?);
    }
    for file in &stored {
        println!("uploaded {} as {}: {}", file.filename, file.id, file.file);
    }

    let question = MessageInput::new("What do you see in these files?");
    let question = CompletionRequest::new(
        question.attachments(stored.iter().map(AttachmentInput::from).collect::<Vec<_>>()),
    );
    let mut answer = client.stream_completion(&service.chatbot, &question).await?;
    while let Some(event) = answer.try_next().await? {
        print!("{}", event.content.unwrap_or_default());
        io::stdout().flush()?;
    }
    println!();
    Ok(())
}

/// The files that were named, or the smallest image and document there are.
fn files() -> Vec<FilePart> {
    let named: Vec<FilePart> =
        std::env::args_os().skip(1).map(|path| typed(FilePart::from_path(path))).collect();
    if !named.is_empty() {
        return named;
    }
    let image = "GIF89a\u{1}\0\u{1}\0\0\0\0;";
    let document = "%PDF-1.4\ntrailer<</Root<</Pages<</Kids[]/Count 0>>>>>>";
    vec![
        typed(FilePart::new(image).with_file_name("pixel.gif")),
        typed(FilePart::new(document).with_file_name("empty.pdf")),
    ]
}

/// The service goes by the media type: an image is shown to the assistant as one.
fn typed(file: FilePart) -> FilePart {
    let name = file.file_name().unwrap_or_default().to_ascii_lowercase();
    let media_type = match name.rsplit('.').next() {
        Some("gif") => "image/gif",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    };
    file.with_media_type(media_type)
}
