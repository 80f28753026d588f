use maiagent::models::{AttachmentType, Message};

fn describe(kind: &AttachmentType) -> String {
    match kind {
        AttachmentType::Image => "a picture".to_owned(),
        AttachmentType::Unknown(other) => format!("something called {other}"),
        other => other.to_string(),
    }
}

fn main() {
    let mut message = Message::new("c1", "m1");
    message.content = Some("hello".to_owned());
    let known: Vec<String> =
        message.attachments.iter().filter_map(|file| file.r#type.get()).map(describe).collect();
    println!("{known:?} {:?}", message.created_at.get().and_then(|at| at.to_timestamp()));
}
