"""A client of the documented API that knows nothing of this project: requests, and a library for event streams.

usage: client.py BASE_URL KEY LOG, where LOG is what the mock printed when it started.
"""

import json
import re
import sys

import requests
import sseclient

base, key, log = sys.argv[1:]
ids = dict(re.findall(r"^(Chatbot|Inbox|Web chat)\s+(\S+)$", open(log).read(), re.M))
session = requests.Session()
session.headers["Authorization"] = f"Api-Key {key}"


def call(method, path, **more):
    answer = session.request(method, base + path, timeout=20, **more)
    answer.raise_for_status()
    return answer


conversation = call("POST", "conversations/", json={"webChat": ids["Web chat"]}).json()
assert conversation["id"] and conversation["lastMessage"] is None, conversation

body = {
    "conversation": conversation["id"],
    "message": {"content": "Is the shop open on Sundays?", "attachments": []},
    "is_streaming": True,
}
stream = call("POST", f"chatbots/{ids['Chatbot']}/completions/", json=body, stream=True)
text, done = "", False
for event in sseclient.SSEClient(stream).events():
    data = json.loads(event.data)
    text += data["content"]
    if data["done"]:
        done = True
        break
assert done and "Sundays" in text, text

body["is_streaming"] = False
answer = call("POST", f"chatbots/{ids['Chatbot']}/completions/", json=body).json()
assert answer["conversationId"] == conversation["id"] and answer["content"], answer

sent = {"conversation": conversation["id"], "content": "One more.", "attachments": []}
message = call("POST", "messages/", json=sent).json()
assert re.fullmatch(r"\d{13}", message["createdAt"]), message

url, seen = f"{base}messages/?conversation={conversation['id']}&pageSize=2", []
while url:
    page = session.get(url, timeout=20).json()
    seen += [item["id"] for item in page["results"]]
    url = page["next"]
assert len(seen) == len(set(seen)) and seen[0] == message["id"], seen

listed = call("GET", "conversations/", params={"inbox": ids["Inbox"], "pageSize": 100}).json()
assert conversation["id"] in [item["id"] for item in listed["results"]]
records = call("GET", f"chatbots/{ids['Chatbot']}/records/", params={"page": 1, "pageSize": 1}).json()
assert records["count"] >= 2 and len(records["results"]) == 1, records
workbook = call("GET", f"chatbots/{ids['Chatbot']}/records/export-excel/")
assert workbook.content.startswith(b"PK") and "attachment" in workbook.headers["Content-Disposition"]

wrong = requests.get(base + "conversations/", headers={"Authorization": f"Bearer {key}"}, timeout=20)
assert wrong.status_code == 401 and wrong.json()["detail"] == "Invalid API key format.", wrong.text
print(f"{len(seen)} messages, {records['count']} records, {len(workbook.content)} bytes of workbook: all as documented")
