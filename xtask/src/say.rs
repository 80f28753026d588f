//! What is printed. `println` and the like of the standard library panic where that fails; here nobody who stops reading, such as
//! `| head`, keeps a task from its work, and a full disk ends it with a word.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Prints for whoever asked.
pub fn out(text: Arguments<'_>) {
    match anstream::stdout().lock().write_fmt(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            err(format_args!("error: cannot print: {error}\n"));
            std::process::exit(2)
        }
        _ => {}
    }
}

/// Prints beside that.
pub fn err(text: Arguments<'_>) {
    // Nowhere is left to complain.
    _ = anstream::stderr().lock().write_fmt(text);
}

macro_rules! print {
    ($($text:tt)*) => { $crate::say::out(format_args!($($text)*)) };
}
macro_rules! println {
    () => { $crate::say::out(format_args!("\n")) };
    ($($text:tt)*) => { $crate::say::out(format_args!("{}\n", format_args!($($text)*))) };
}
macro_rules! eprint {
    ($($text:tt)*) => { $crate::say::err(format_args!($($text)*)) };
}
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::say::err(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use {eprint, eprintln, print, println};
