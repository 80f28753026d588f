"""Forms and multipart bodies, read and written by what servers and programs in Python use.

usage: forms.py serve PORT, to answer below /starlette, /werkzeug and /django with what each of them understood
       forms.py send BASE_URL, to send what requests, httpx, urllib3 and aiohttp write to the echo server
"""

import asyncio
import io
import json
import sys
import warnings

import aiohttp
import django.conf
import httpx
import requests
import urllib3
import uvicorn
import werkzeug.formparser
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from urllib3.fields import RequestField, format_header_param_rfc2231

warnings.simplefilter("ignore", FutureWarning)
django.conf.settings.configure(DATA_UPLOAD_MAX_NUMBER_FIELDS=1000)
from django.core.files.uploadhandler import MemoryFileUploadHandler  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.http.multipartparser import MultiPartParser  # noqa: E402


def file(name, kind, content):
    """What is compared of a file; bytes are the characters of the same numbers."""
    return [name, kind, content.decode("latin-1")]


def grouped(pairs):
    groups = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


async def starlette(request):
    async with request.form() as form:
        pairs = form.multi_items()
        texts = [(name, value) for name, value in pairs if isinstance(value, str)]
        files = [(name, value) for name, value in pairs if not isinstance(value, str)]
        files = [(name, file(value.filename, value.content_type, await value.read())) for name, value in files]
    return grouped(texts), grouped(files)


async def werkzeug_(request):
    body = await request.body()
    kind, options = werkzeug.http.parse_options_header(request.headers["content-type"])
    parser = werkzeug.formparser.FormDataParser(silent=False)
    _, texts, files = parser.parse(io.BytesIO(body), kind, len(body), options)
    files = [(name, file(value.filename, value.content_type, value.read())) for name, value in files.items(multi=True)]
    return grouped(texts.items(multi=True)), grouped(files)


async def django_(request):
    body, kind = await request.body(), request.headers["content-type"]
    if not kind.startswith("multipart/"):
        return dict(QueryDict(body).lists()), {}
    handler = MemoryFileUploadHandler()
    meta = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    texts, files = MultiPartParser(meta, io.BytesIO(body), [handler]).parse()
    files = [(name, file(value.name, value.content_type, value.read())) for name, all in files.lists() for value in all]
    return dict(texts.lists()), grouped(files)


def one(texts, name):
    values = texts.get(name)
    if values is None:
        return None
    assert len(values) == 1, values
    return values[0]


def form(texts):
    """Values of the schema `Form`."""
    assert set(texts) <= {"name", "count", "tags"}, texts
    count = one(texts, "count")
    return {"name": one(texts, "name"), "count": count and int(count), "tags": texts.get("tags", [])}


def styled(texts):
    """Values of the schema `Styled`: what is between items is up to the program, and so are brackets."""
    values = {}
    for name, between in (("commas", ","), ("spaces", " "), ("pipes", "|")):
        if name in texts:
            items = one(texts, name).split(between)
            values[name] = items if name == "pipes" else [int(item) for item in items]
    if "json" in texts:
        values["json"] = json.loads(one(texts, "json"))
    if "deep[x]" in texts:
        values["deep"] = {key: int(one(texts, f"deep[{key}]")) for key in "xy"}
    if "plain" in texts:
        values["plain"] = texts["plain"]
    return values


def answers(read):
    async def answer(request):
        texts, files = await read(request)
        operation = request.path_params["operation"]
        shapes = {"form": lambda: form(texts), "styled-form": lambda: styled(texts)}
        shape = shapes.get(operation, lambda: {"texts": texts, "files": files})
        return JSONResponse(shape())

    return answer


def serve(port):
    readers = {"starlette": starlette, "werkzeug": werkzeug_, "django": django_}
    routes = [Route(f"/{name}/{{operation}}/", answers(read), methods=["POST"]) for name, read in readers.items()]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")


TEXTS = [
    "plain", "", " ", "a b+c", "&=+%", "%41%zz", "a=b&c=d", "line\nline", "line\r\nline", "\t\x00\x7f", "é ñ 紀 🚲",
    "e\u0301 \u202e \ufeff", "\"quoted\" 'too' \\", "[0]", ",|; ~*", "x" * 5000,
]

# Names as they are, and as a server may store them: see `Download::file_name` in the runtime.
FILES = [
    ("a.txt", "a.txt"), ("two words.txt", "two words.txt"), ("é紀🚲.png", "é紀🚲.png"), ("a;b=c, d.txt", "a;b=c, d.txt"),
    ("100% %41.txt", "100% %41.txt"), ("it's.txt", "it's.txt"), ("a\"b.txt", "a_b.txt"), ("a\r\nb.txt", "ab.txt"),
    ("C:\\folder\\b.txt", "b.txt"), ("../../c.txt", "c.txt"), ("\\\\host\\d.txt", "d.txt"),
    ("n" * 296 + ".txt", "n" * 196 + ".txt"),
]

CONTENTS = [b"", b"text\r\n", bytes(range(256)), b"\r\n--boundary\r\n--", b"--" + b"0" * 32 + b"--\r\n", b"\r" * 70000]

UPLOAD = {
    "text": "a\r\n\"é\"", "kind": "small", "numbers": ["1", "-2"], "tags": ["a, b", "", "--"], "count": "7", "ratio": "0.5",
    "point": '{"x": 0.5, "y": -1}', "note": "# 紀", "config": '{"a": [1, null]}',
}
UPLOADED = {
    "text": ["a\r\n\"é\""], "kind": ["small"], "numbers": [1, -2], "tags": ["a, b", "", "--"], "count": [7],
    "ratio": [0.5], "point": [{"x": 0.5, "y": -1.0}], "note": ["# 紀"], "config": [{"a": [1, None]}],
}


def by_requests(url, data, files):
    return requests.post(url, data=data, files=files, timeout=20).json()


def by_httpx(url, data, files):
    return httpx.post(url, data=data, files=files, timeout=20).json()


def by_urllib3(url, data, files):
    """Names of files that are not ASCII are in the extended form, `filename*=`, which the library warns of."""
    fields = [(name, value) for name, all in data.items() for value in (all if isinstance(all, list) else [all])]
    for name, (file_name, content, kind) in files:
        field = RequestField(name, content, file_name, header_formatter=format_header_param_rfc2231)
        field.make_multipart(content_type=kind)
        fields.append(field)
    return urllib3.request("POST", url, fields=fields, timeout=20).json()


def by_aiohttp(url, data, files):
    """Names of files have a backslash before what needs one."""

    async def send():
        form = aiohttp.FormData(quote_fields=False)
        for name, all in data.items():
            for value in all if isinstance(all, list) else [all]:
                form.add_field(name, value)
        for name, (file_name, content, kind) in files:
            form.add_field(name, content, filename=file_name, content_type=kind)
        async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
            return await answer.json()

    return asyncio.run(send())


def send(base):
    cases, faults = 0, 0

    def check(what, answer, expected):
        nonlocal cases, faults
        cases += 1
        if answer != expected:
            faults += 1
            print(f"{what}:\n  understood {str(answer)[:400]}\n  expected   {str(expected)[:400]}", file=sys.stderr)

    for by in (by_requests, by_httpx):
        library = by.__name__
        for text in TEXTS:
            answer = by(base + "form/", {"name": text, "count": "-3", "tags": [text, "", text]}, None)
            check(f"{library}: a form with {text[:40]!r}", answer, {"name": text, "count": -3, "tags": [text, "", text]})
        styled = {"commas": "1,2", "spaces": "3 4", "pipes": "a|b", "json": '{"k": [1, "&=+"]}', "deep[x]": "1", "deep[y]": "-2", "plain": ["a,b", "|"]}
        expected = {"commas": [1, 2], "spaces": [3, 4], "pipes": ["a", "b"], "json": {"k": [1, "&=+"]}, "deep": {"x": 1, "y": -2}, "plain": ["a,b", "|"]}
        check(f"{library}: styles", by(base + "styled-form/", styled, None), expected)
        deep = {"amount": "5", "expand[]": ["a&b", ""], "items[0][price]": "1+1", "items[1][rates][]": ["1.5", "2"], "metadata[k e y]": "é"}
        expected = {"amount": 5, "expand": ["a&b", ""], "items": [{"price": "1+1"}, {"rates": [1.5, 2.0]}], "metadata": {"k e y": "é"}}
        check(f"{library}: brackets", by(base + "deep-form/", deep, None), expected)

    for by in (by_requests, by_httpx, by_urllib3, by_aiohttp):
        library = by.__name__
        for text in TEXTS:
            answer = by(base + "parts/", {"t": [text, "b"]}, [("f", ("a", b"", "text/plain"))])
            check(f"{library}: a part with {text[:40]!r}", answer, {"t": [text, "b"], "f": [file("a", "text/plain", b"")]})
        for name, stored in FILES:
            if by is by_aiohttp and "\n" in name:
                continue  # It refuses them.
            answer = by(base + "parts/", {}, [("f", (name, b"x", "image/png")), ("f", ("b", b"", "text/csv"))])
            expected = {"f": [file(stored, "image/png", b"x"), file("b", "text/csv", b"")]}
            check(f"{library}: a file with the name {name[:40]!r}", answer, expected)
        for content in CONTENTS:
            answer = by(base + "parts/", {}, [("f", ("a", content, "application/octet-stream"))])
            check(f"{library}: {content[:20]}", answer, {"f": [file("a", "application/octet-stream", content)]})
        files = [("file", ("é.bin", CONTENTS[2], "a/b")), ("images", ("1", b"1", "a/b")), ("images", ("2", b"", "c/d"))]
        expected = UPLOADED | {
            "file": [file("é.bin", "a/b", CONTENTS[2])],
            "images": [file("1", "a/b", b"1"), file("2", "c/d", b"")],
        }
        check(f"{library}: values and files", by(base + "upload/", UPLOAD, files), expected)
    assert not faults, f"{faults} of {cases} cases were misunderstood"
    print(f"{cases} forms and multipart bodies of Python were understood")


role, place = sys.argv[1:]
if role == "serve":
    serve(int(place))
else:
    send(place)
