use maiagent::models::MessageType;

fn main() {
    let kind = MessageType::Incoming;
    match kind {
        MessageType::Incoming => {}
        MessageType::Outgoing => {}
        MessageType::Unknown(_) => {}
    }
}
