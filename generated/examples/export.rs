//! The records of an assistant as an Excel workbook: `cargo run -p maiagent --example export [FOLDER]`.

mod shared;

use std::env;

use indicatif::{ProgressBar, ProgressStyle};
use maiagent::{Api, MainError};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let folder = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let service = shared::connect().await?;

    let download = service.client.export_records(&service.chatbot).await?.into_body();
    let bar = progress_bar(download.length())?;
    let shown = bar.clone();
    let path =
        download.on_progress(move |progress| shown.set_position(progress.received)).save_in(folder).await?;
    bar.finish_and_clear();

    println!("{}: {} bytes", path.display(), path.metadata()?.len());
    Ok(())
}

/// It is drawn only on a terminal. Without a length, it counts up.
fn progress_bar(length: Option<u64>) -> Result<ProgressBar, MainError> {
    let style = match length {
        Some(_) => ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left")?,
        None => ProgressStyle::with_template("{spinner} {bytes}")?,
    };
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    Ok(bar.with_style(style))
}
