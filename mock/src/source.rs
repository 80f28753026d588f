//! What the assistant's answers draw on: one made-up file with one passage.
//!
//! Comes in: nothing. Goes out: the same citation every time, with all the fields that clients may want to
//! show. Must not: point anywhere: the file's address is relative and leads to nothing.

use maiagent::models::*;
use maiagent::wire::UnixMillis;

use crate::state::id;

/// What the passage says.
pub(crate) const PASSAGE: &str = "A mock server answers every question in the same way, at any hour.";

const FILE_NAME: &str = "handbook.pdf";

/// When the file was added: the end of October 2025.
const ADDED: UnixMillis = UnixMillis::from_millis(1_761_901_260_000);

pub(crate) fn citation() -> Citation {
    let file = format!("media/chatbots/chatbot-file/{FILE_NAME}");
    let mut citation = Citation::new(file, FILE_NAME, id("file", 0));
    citation.file_type = Some("pdf".to_owned());
    citation.size = Some(284_113);
    citation.status = FileStatus::Done.into();
    citation.parser = Some(parser());
    citation.created_at = ADDED.into();
    citation
}

fn parser() -> Parser {
    let mut parser = Parser::new(id("parser", 0), "Default parser");
    parser.provider = Some(ParserProvider::Maiagent);
    parser.order = Some(1);
    parser
}

pub(crate) fn citation_node() -> CitationNode {
    let mut passage = TextNode::new(id("passage", 0));
    passage.characters_count = i64::try_from(PASSAGE.chars().count()).ok();
    passage.hits_count = Some(1);
    passage.text = Some(PASSAGE.to_owned());
    passage.updated_at = ADDED.into();
    passage.filename = Some(FILE_NAME.to_owned());
    passage.chatbot_file = Some(id("file", 0).into());
    passage.page_number = Some(3);
    let mut node = CitationNode::new(passage);
    node.score = Some(0.8731);
    node.display_score = 87.into();
    node
}
