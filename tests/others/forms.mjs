// Forms and multipart bodies, read and written by what servers and programs in JavaScript use.
//
// usage: forms.mjs serve PORT PREFIX, to answer with what body-parser, which has qs, and busboy understood
//        forms.mjs send BASE_URL PREFIX, to send what qs, URLSearchParams and FormData write to the echo server
// PREFIX is where npm installed the packages.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [role, place, prefix] = process.argv.slice(2);
const require = createRequire(`${resolve(prefix)}/`);
const bodyParser = require("body-parser");
const busboy = require("busboy");
const qs = require("qs");

/** What is compared of a file; bytes are the characters of the same numbers. */
const file = (name, kind, bytes) => [name, kind, Buffer.from(bytes).toString("latin1")];
const map = (object, key, change) => {
  if (object && typeof object === "object" && key in object) object[key] = change(object[key]);
};
const list = (value) => (Array.isArray(value) ? value : [value]);
const all = (change) => (value) => (Array.isArray(value) ? value.map(change) : value);

/** Values of the schemas `Form`, `Styled` and `Order` from the texts that forms have. */
const schemas = {
  form(form) {
    map(form, "count", Number);
    map(form, "tags", list);
    return form;
  },
  "styled-form"(form) {
    map(form, "commas", (text) => text.split(",").map(Number));
    map(form, "spaces", (text) => text.split(" ").map(Number));
    map(form, "pipes", (text) => text.split("|"));
    map(form, "json", JSON.parse);
    map(form.deep, "x", Number);
    map(form.deep, "y", Number);
    map(form, "plain", list);
    return form;
  },
  "deep-form"(form) {
    map(form, "amount", Number);
    for (const item of form.items ?? []) {
      map(item, "quantity", Number);
      map(item, "rates", all(Number));
      map(item, "until", (text) => (text === "now" ? text : Number(text)));
    }
    map(form.address, "number", Number);
    map(form.address, "valid", (text) => text === "true");
    map(form.account?.owner, "age", Number);
    map(form, "percent", (text) => (text === "" ? text : Number(text)));
    return form;
  },
};

function multipart(request) {
  const [texts, files] = [{}, {}];
  const parser = busboy({ headers: request.headers, defParamCharset: "utf8" });
  parser.on("field", (name, text) => (texts[name] ??= []).push(text));
  parser.on("file", (name, stream, { filename, mimeType }) => {
    const chunks = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => (files[name] ??= []).push(file(filename, mimeType, Buffer.concat(chunks))));
  });
  return new Promise((done, reject) => {
    parser.on("close", () => done({ texts, files }));
    parser.on("error", reject);
    request.pipe(parser);
  });
}

function urlencoded(request, response) {
  const parse = bodyParser.urlencoded({ extended: true });
  return new Promise((done, reject) => {
    parse(request, response, (error) => (error ? reject(error) : done(request.body)));
  });
}

function serve(port) {
  const server = createServer(async (request, response) => {
    const schema = schemas[request.url.split("/").at(-2)];
    const answer = schema ? schema(await urlencoded(request, response)) : await multipart(request);
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer));
  });
  server.listen(port, "127.0.0.1");
}

async function send(base) {
  let cases = 0;
  let faults = 0;
  const check = async (what, path, body, expected) => {
    const headers = typeof body === "string" ? { "Content-Type": "application/x-www-form-urlencoded" } : {};
    const answer = await (await fetch(base + path, { method: "POST", headers, body })).json();
    cases += 1;
    try {
      assert.deepEqual(answer, expected);
    } catch (error) {
      faults += 1;
      console.error(`${what}: ${error.message.slice(0, 600)}`);
    }
  };

  const texts = ["", " ", "a b+c", "&=+%", "%41", "a\nb", "a\r\nb", "é紀🚲", "\"'\\", "[0]", ",|;~*()!"];
  const tree = (text) => ({
    amount: 5, name: text, expand: [text, "b"], metadata: { k: text, "a b": text },
    items: [{ price: text, rates: [1.5, 2] }, { price: "1", quantity: 2, until: "now" }, { until: 7 }],
    account: { country: text, owner: { age: 44 } }, address: { city: text, number: 3, valid: true }, percent: 1.5,
  });
  for (const text of texts) {
    for (const arrayFormat of ["indices", "brackets"]) {
      // Without numbers nobody can tell objects in lists apart.
      const sent = tree(text);
      if (arrayFormat === "brackets") delete sent.items;
      const what = `qs, ${arrayFormat}: ${JSON.stringify(text)}`;
      await check(what, "deep-form/", qs.stringify(sent, { arrayFormat }), sent);
      const plain = qs.stringify(sent, { arrayFormat, format: "RFC1738", encodeValuesOnly: true });
      await check(`${what}, names as they are`, "deep-form/", plain, sent);
    }
    const form = { name: text, count: -1, tags: [text, text] };
    await check(`qs, repeated: ${JSON.stringify(text)}`, "form/", qs.stringify(form, { arrayFormat: "repeat" }), form);
    const pairs = new URLSearchParams([["name", text], ["count", "-1"], ["tags", text], ["tags", text]]);
    await check(`URLSearchParams: ${JSON.stringify(text)}`, "form/", pairs, form);
    const parts = new FormData();
    parts.append("t", text);
    parts.append("t", "b");
    // As browsers do: what ends a line ends it with both characters.
    const lines = text.replace(/\r?\n/g, "\r\n");
    await check(`FormData: ${JSON.stringify(text)}`, "parts/", parts, { t: [lines, "b"] });
  }
  const styled = { commas: "1,2", spaces: "3 4", pipes: "a|b", json: '{"k":"&=+"}', "deep[x]": "1", "deep[y]": "2" };
  const read = { commas: [1, 2], spaces: [3, 4], pipes: ["a", "b"], json: { k: "&=+" }, deep: { x: 1, y: 2 } };
  await check("URLSearchParams: styles", "styled-form/", new URLSearchParams(styled), read);
  await check("qs: styles", "styled-form/", qs.stringify(styled), read);

  // Names as they are, and as a server may store them: see `Download::file_name` in the runtime.
  const long = "n".repeat(296);
  const names = [
    ["a b.txt", "a b.txt"], ["é紀🚲.png", "é紀🚲.png"], ["a;b=c, d.txt", "a;b=c, d.txt"], ["a\"b.txt", "a_b.txt"],
    ["100% %41.txt", "100% %41.txt"], ["a\r\nb.txt", "ab.txt"], ["C:\\folder\\b.txt", "b.txt"], ["../c.txt", "c.txt"],
    ["\\\\host\\d.txt", "d.txt"], [`${long}.txt`, `${long.slice(0, 196)}.txt`],
  ];
  for (const [name, stored] of names) {
    const parts = new FormData();
    parts.append("f", new File(["\r\n--x"], name, { type: "text/csv" }));
    parts.append("f", new File([], "empty", { type: "a/b" }));
    const expected = { f: [file(stored, "text/csv", "\r\n--x"), file("empty", "a/b", "")] };
    await check(`FormData: a file with the name ${JSON.stringify(name.slice(0, 40))}`, "parts/", parts, expected);
  }
  assert.equal(faults, 0, `${faults} of ${cases} cases were misunderstood`);
  console.log(`${cases} forms and multipart bodies of JavaScript were understood`);
}

await (role === "serve" ? serve(Number(place)) : send(place));
