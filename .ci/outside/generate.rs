//! A task that depends on the published generator alone: it writes a crate that depends on the published runtime.

use specwright::package::{self, RELEASED};
use specwright::{Colour, Options, Source};
use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [spec, folder] = arguments.as_slice() else { return Err("needs a document and a folder".into()) };
    let text = fs::read_to_string(spec)?;
    let source = Source { name: spec, text: &text };
    let output = specwright::generate(source, &Options::default())
        .map_err(|problems| problems.render(source, Colour::Plain))?;
    let options = package::Options { name: "pets".to_owned(), runtime: RELEASED.to_owned() };
    let package = package::package(&output, &options);
    let folder = Path::new(folder);
    let mut files = vec![("Cargo.toml".to_owned(), package.manifest), ("README.md".to_owned(), package.readme)];
    files.extend(package.example.map(|text| ("examples/first_call.rs".to_owned(), text)));
    files.extend(output.tree.into_iter().map(|(path, text)| (format!("src/{path}"), text)));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(path, text)?;
    }
    Ok(())
}
