"""What the vendor's example programs do, written anew from their description: requests, and a library for event streams.

usage: programs.py BASE_URL KEY PORT, where the mock posts answers to http://127.0.0.1:PORT/webhook
"""

import json
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
import sseclient

base, key, port = sys.argv[1:]
session = requests.Session()
session.headers["Authorization"] = f"Api-Key {key}"
answers = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    """The webhook receiver."""

    def do_POST(self):
        assert self.path == "/webhook", self.path
        answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        reply = json.dumps({"message": "taken"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


def call(method, path, **more):
    answer = session.request(method, base + path, timeout=20, **more)
    assert answer.ok, answer.text
    return answer


def walk(path):
    """All items, page by page, as the listing of inboxes does it."""
    items, url = [], base + path
    while url:
        page = session.get(url, timeout=20).json()
        items += page["results"]
        url = page["next"]
    return items


def upload(name, content, media_type):
    """One request: multipart."""
    stored = call("POST", "attachments/", files={"file": (name, content, media_type)}).json()
    assert set(stored) >= {"id", "type", "filename", "file"} and stored["filename"] == name, stored
    return {part: stored[part] for part in ("id", "type", "filename", "file")}


def upload_large(name, content):
    """Three requests: an address, the file to the storage, and what it is to become."""
    new = {"filename": name, "modelName": "attachment", "fieldName": "file", "fileSize": len(content)}
    place = call("POST", "upload-presigned-url/", json=new).json()
    parts = [(field, (None, value)) for field, value in place["fields"].items()]
    # Another host, so without the session that has the key.
    taken = requests.post(place["url"], files=parts + [("file", (name, content))], timeout=20)
    assert taken.status_code == 204, taken.text
    new = {"file": place["fields"]["key"], "filename": name, "type": "other"}
    stored = call("POST", "attachments/", json=new).json()
    assert requests.get(stored["file"], timeout=20).content == content
    return {part: stored[part] for part in ("id", "type", "filename", "file")}


def complete(chatbot, content, conversation=None, attachments=(), streaming=False):
    body = {
        "conversation": conversation,
        "message": {"content": content, "attachments": list(attachments)},
        "isStreaming": streaming,
    }
    answer = call("POST", f"chatbots/{chatbot}/completions/", json=body, stream=streaming)
    if not streaming:
        return answer.json()
    text = ""
    for event in sseclient.SSEClient(answer).events():
        piece = json.loads(event.data)
        text += piece["content"]
        if piece["done"]:
            return {"content": text, "conversationId": piece["conversationId"]}
    raise AssertionError("the stream has no end")


threading.Thread(target=HTTPServer(("127.0.0.1", int(port)), Receiver).serve_forever, daemon=True).start()

# The listing of inboxes.
inboxes = walk("inboxes/?pageSize=1")
web_chats = [inbox["channel"]["id"] for inbox in inboxes if inbox["channelType"] == "web"]
assert len(inboxes) >= 3 and len(web_chats) >= 2, inboxes
chatbot = walk("chatbots/")[0]["id"]

# The completion's five scenes.
assert "Hello" in complete(chatbot, "Hello", streaming=True)["content"]
first = complete(chatbot, "Hello")
second = complete(chatbot, "And then?", conversation=first["conversationId"])
assert second["conversationId"] == first["conversationId"]
image = upload("a picture 🚲.png", b"\x89PNG", "image/png")
assert image["type"] == "image" and "came with it" in complete(chatbot, "What is it?", attachments=[image])["content"]
pdf = upload_large("contract.pdf", b"%PDF-1.7" * 1000)
assert "came with it" in complete(chatbot, "What is it?", attachments=[pdf], streaming=True)["content"]

# A message, one with an image that belongs to the conversation, and their answers at the webhook.
conversation = call("POST", "conversations/", json={"webChat": web_chats[0]}).json()["id"]
receipt = call("POST", "messages/", json={"conversation": conversation, "content": "Hi"}).json()
assert receipt["conversation"] == conversation, receipt
assert answers.get(timeout=20)["conversation"] == conversation
new = {"filename": "b.png", "file": image["file"], "type": "image", "conversation": conversation}
stored = call("POST", f"conversations/{conversation}/attachments/", json=new).json()
sent = {part: stored[part] for part in ("id", "type", "filename", "file")}
body = {"conversation": conversation, "content": "Look", "attachments": [sent]}
call("POST", "messages/", json=body)
answer = answers.get(timeout=20)
assert answer["type"] == "outgoing" and "came with it" in answer["content"], answer
read = walk(f"messages/?conversation={conversation}&pageSize=2")
assert answer["id"] in [message["id"] for message in read]
print(f"{len(inboxes)} inboxes, 5 completions, 2 uploads, 2 answers at the webhook: as the vendor's programs expect")
