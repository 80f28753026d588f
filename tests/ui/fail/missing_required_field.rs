use maiagent::models::{AttachmentInput, NewMessage};

fn main() {
    let _ = NewMessage::new();
    let _ = AttachmentInput::new("id", "file name");
}
