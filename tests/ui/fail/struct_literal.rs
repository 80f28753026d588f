use maiagent::models::MessageInput;

fn main() {
    // Would stop compiling with the first optional property that the service adds.
    let _ = MessageInput { content: "hello".to_owned(), attachments: Vec::new() };
}
