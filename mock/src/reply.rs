//! What the assistant says.
//!
//! Comes in: a question, and what was asked before. Goes out: the same answer to the same question, every
//! time, and its pieces. Must not: grow with the question.

/// At most so many characters of a question are repeated.
const EXCERPT: usize = 120;

/// At most so many characters make up one piece. Scripts without spaces need a limit.
const PIECE: usize = 12;

/// The answer to `question`, asked with the files `files`, after the question `before`.
pub(crate) fn reply(question: &str, files: &[&str], before: Option<&str>) -> String {
    let mut text = format!("You asked: \u{201c}{}\u{201d} ", excerpt(question));
    if let Some(before) = before {
        text += &format!("Before that, it was: \u{201c}{}\u{201d} ", excerpt(before));
    }
    match files {
        [] => {}
        [file] => text += &format!("The file {} came with it. ", excerpt(file)),
        files => text += &format!("{} files came with it. ", files.len()),
    }
    text += "I am a mock server and do not know the answer, but this is how a reply arrives: \
             piece by piece, and then it is done.";
    text
}

/// The beginning of a text, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(EXCERPT) {
        words.truncate(end);
        words.push('\u{2026}');
    }
    words
}

/// The text word by word, each with the space behind it.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for character in text.chars() {
        piece.push(character);
        if character == ' ' || piece.chars().count() >= PIECE {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.extend((!piece.is_empty()).then_some(piece));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_and_make_up_the_text() {
        for text in ["", "a", "a b", " a  b ", "supercalifragilistic word", "週末租電動自行車需要先預約嗎？"]
        {
            let pieces = pieces(text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| (1..=PIECE).contains(&piece.chars().count())), "{pieces:?}");
        }
    }

    #[test]
    fn an_answer_repeats_what_was_asked_but_not_all_of_it() {
        let answer = reply("Why?\n", &["a.png"], Some("What?"));
        assert!(
            answer.starts_with("You asked: “Why?” Before that, it was: “What?” The file a.png"),
            "{answer}"
        );
        assert_eq!(answer, reply("Why?\n", &["a.png"], Some("What?")));
        let long = "x".repeat(1 << 20);
        assert!(reply(&long, &[&long, &long], Some(&long)).len() < 1000);
    }
}
