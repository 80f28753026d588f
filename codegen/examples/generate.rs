//! The generator as a library, in a task of your own:
//! `cargo run -p specwright --example generate -- spec/maiagent.yaml /tmp/src`.
//!
//! Generated files are a crate's whole `src`, checked in beside the document, so that a change of the document shows as a
//! diff. With `--check`, nothing is written and the task fails where they differ: that belongs into a test or into CI.

use specwright::{Colour, Options, Source};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [spec, out, rest @ ..] = arguments.as_slice() else {
        return Err("needs a document and a folder".into());
    };
    let text = fs::read_to_string(spec)?;
    let source = Source { name: spec, text: &text };
    let options = Options {
        header: "by `cargo run --example generate`. Do not edit.".to_owned(),
        ..Options::default()
    };
    let output =
        specwright::generate(source, &options).map_err(|problems| problems.render(source, Colour::Plain))?;
    eprint!("{}", output.warnings.render(source, Colour::Ansi));
    for (file, text) in &output.tree {
        let path = Path::new(out).join(file);
        if rest == ["--check"] {
            if fs::read_to_string(&path).ok().as_ref() != Some(text) {
                return Err(format!("{} is not up to date", path.display()).into());
            }
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(Path::new(out)))?;
        fs::write(path, text)?;
    }
    Ok(())
}
