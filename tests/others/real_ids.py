"""Hooks of schemathesis: ids of the mock where the document has ids, so that every operation is reached and not only refused.

usage: SCHEMATHESIS_HOOKS=real_ids.py MOCK_URL=... MOCK_KEY=... MOCK_UNREACHED=FILE schemathesis run ... --mode positive
FILE gets a line for each operation that was never successful.
"""

import atexit
import os

import requests
import schemathesis

base = os.environ["MOCK_URL"]
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "Api-Key " + os.environ["MOCK_KEY"]
tried, reached = set(), set()


def call(method, path, **more):
    answer = session.request(method, base + path, timeout=20, **more)
    assert answer.ok, answer.text
    return answer.json()


chatbot = call("GET", "/chatbots/")["results"][0]["id"]
inbox = next(inbox for inbox in call("GET", "/inboxes/")["results"] if inbox["channelType"] == "web")
web_chat = inbox["channel"]["id"]
conversation = call("POST", "/conversations/", json={"webChat": web_chat})["id"]
message = call("POST", "/messages/", json={"conversation": conversation, "content": "Hello"})["id"]
completion = {"message": {"content": "Hello"}, "isStreaming": False}
of_chatbot = call("POST", f"/chatbots/{chatbot}/completions/", json=completion)["conversationId"]


def upload():
    return call("POST", "/attachments/", files={"file": ("a.txt", b"a", "text/plain")})["id"]


def with_ids(value, known):
    """The same with known ids in place of those that were made up; null and empty texts stay."""
    if isinstance(value, dict):
        return {name: known[name] if name in known and part else with_ids(part, known) for name, part in value.items()}
    return value


@schemathesis.hook
def map_case(context, case):
    label = case.operation.label
    tried.add(label)
    ids = {
        "/chatbots/": {"chatbotId": chatbot},
        "/messages/": {"id": message},
        "/conversations/": {"id": conversation},
    }
    path = label.split(" ")[1]
    known = next((known for start, known in ids.items() if path.startswith(start)), {})
    if path.startswith("/attachments/") and case.path_parameters:
        known = {"id": upload()}
    if case.path_parameters:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    if case.query:
        in_query = {"conversation": conversation, "inbox": inbox["id"], "chatbot": chatbot}
        case.query.update({name: in_query[name] for name in case.query if name in in_query})
        # No cursor that is made up leads anywhere, and few numbers of a page do.
        case.query.pop("cursor", None)
        if "page" in case.query:
            case.query["page"] = 1
    in_body = of_chatbot if "completions" in path else conversation
    body = with_ids(case.body, {"conversation": in_body, "webChat": web_chat})
    # A body that is set counts as one of the hook's: forms keep theirs.
    if body != case.body:
        case.body = body
    return case


@schemathesis.hook
def after_call(context, case, response):
    if 200 <= response.status_code < 300:
        reached.add(case.operation.label)


@atexit.register
def report():
    print(f"{len(reached)} of {len(tried)} operations answered with success")
    with open(os.environ["MOCK_UNREACHED"], "w", encoding="utf-8") as file:
        file.writelines(f"{label}\n" for label in sorted(tried - reached))
