// The requests that the server records. Whatever is secret in them was hidden before it came here.

import { byId, make, size } from "./dom.js";

const list = byId("requests-list");

/** The rows by the numbers of their requests. */
const rows = new Map();

/** More rows than the server keeps would be of no use. */
const MOST = 200;

/** Forgets what is shown. */
export function clear() {
  rows.clear();
  list.replaceChildren();
  count();
}

/** Shows a request that is new, or what is new of it. */
export function update(request) {
  let row = rows.get(request.id);
  if (!row) {
    row = new Row();
    rows.set(request.id, row);
    list.prepend(row.item);
    if (rows.size > MOST) {
      const [oldest, gone] = rows.entries().next().value;
      rows.delete(oldest);
      gone.item.remove();
    }
    count();
  }
  row.show(request);
}

function count() {
  byId("requests-count").textContent = rows.size ? String(rows.size) : "";
  byId("no-requests").hidden = rows.size > 0;
  byId("clear-requests").disabled = rows.size === 0;
}

/** Identifiers take the room of what tells requests apart; the first part is enough to know one again. */
const UUID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;

const ENDS = { whole: "", broken: "broken off", gone: "client left" };

class Row {
  constructor() {
    this.method = make("span", "method");
    this.path = make("span", "path");
    this.status = make("span", "status");
    this.time = make("span", "time");
    this.detail = make("div", "detail");
    this.element = make("details", "", make("summary", "", this.method, this.path, this.status, this.time), this.detail);
    // What nobody looks at is not built.
    this.element.addEventListener("toggle", () => this.fill());
    this.item = make("li", "", this.element);
  }

  show(request) {
    this.request = request;
    const { method, target, status, end, milliseconds } = request;
    this.method.textContent = method;
    this.path.textContent = target.replace(UUID, "$1…");
    this.path.title = target;
    const note = ENDS[end] ?? "…";
    this.status.textContent = [status, note].filter((part) => part).join(" ");
    const isBad = status >= 400 || (end !== null && note !== "");
    this.status.className = `status ${isBad ? "bad" : status ? "good" : ""}`;
    this.time.textContent = milliseconds === null ? "" : `${milliseconds} ms`;
    this.fill();
  }

  fill() {
    if (!this.element.open) return;
    const { method, target, request, answer, time } = this.request;
    const line = make("p", "line", `${method} ${target}`);
    const at = make("p", "hint", `Came at ${new Date(time).toLocaleTimeString()}`);
    const parts = [line, at, ...message("Request", request)];
    if (answer) parts.push(...message("Answer", answer));
    this.detail.replaceChildren(...parts);
  }
}

function message(title, { headers, body, bytes, isText, isCut }) {
  const fields = headers.map(([name, value]) => [make("dt", "", `${name}: `), make("dd", "", value)]);
  const parts = [make("h3", "", title), make("dl", "", ...fields.flat())];
  if (bytes === 0) return parts;
  if (!isText) return [...parts, make("p", "hint", `${size(bytes)} that are no text`)];
  parts.push(make("pre", "", pretty(body)));
  parts.at(-1).tabIndex = 0;
  if (isCut) parts.push(make("p", "hint", `The beginning of ${size(bytes)}`));
  return parts;
}

/** A JSON document with a line for each value; anything else as it is. */
function pretty(text) {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
