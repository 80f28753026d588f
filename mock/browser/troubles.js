// The troubles as switches. What is in force is what the server says; a switch changes it there.

import { byId, make } from "./dom.js";
import { Failure, call } from "./server.js";

const form = byId("troubles-form");
const rows = [...form.querySelectorAll("[data-kind]")];

/** The texts of the troubles that are in force, in their order. */
let inForce = [];

/** The same, with changes that are still on their way. */
let script = [];

/** Makes the switches work. */
export function start() {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    const row = target.closest("[data-kind]");
    if (target.role === "switch") set(row);
    // A setting changes what is on already: that of a row this row, a limit all of them.
    else for (const changed of row ? [row] : rows) if (switchOf(changed).checked) set(changed);
  });
  byId("no-troubles").addEventListener("click", () => send([]));
}

/** Shows what is in force. */
export function show({ troubles }) {
  [inForce, script] = [troubles, troubles];
  for (const row of rows) switchOf(row).checked = script.some((text) => kindOf(text) === row.dataset.kind);
  byId("script-list").replaceChildren(...script.map((text) => make("li", "", text)));
  byId("script").hidden = script.length === 0;
  byId("no-troubles").disabled = script.length === 0;
  byId("troubles-mark").hidden = script.length === 0;
}

const switchOf = (row) => row.querySelector("[role=switch]");

/** Which switch a text belongs to. `stall` and `stall=100` are different ones. */
function kindOf(text) {
  const [first] = text.split(",");
  const [name] = first.split("=");
  return first.startsWith("stall=") ? "stall-after" : name;
}

/** Takes a kind of trouble out of what is in force, or puts it where it was, or at the end. */
function set(row) {
  const kind = row.dataset.kind;
  const at = script.findIndex((text) => kindOf(text) === kind);
  const others = script.filter((text) => kindOf(text) !== kind);
  if (!switchOf(row).checked) return send(others);
  for (const input of [...row.querySelectorAll(".fields input"), ...form.querySelectorAll("fieldset input")]) {
    if (!input.checkValidity()) {
      show({ troubles: script });
      input.reportValidity();
      return;
    }
  }
  const place = at < 0 ? others.length : script.slice(0, at).filter((text) => kindOf(text) !== kind).length;
  send(others.toSpliced(place, 0, textOf(row)));
}

function textOf(row) {
  const fields = [...row.querySelectorAll(".fields input"), ...form.querySelectorAll("fieldset input")];
  const settings = fields.filter(({ value }) => value !== "").map(({ name, value }) => `${name}=${value}`);
  const kind = row.dataset.kind;
  const names = row.querySelector(".fields") ? [] : [kind];
  return [...names, ...settings].join(",");
}

async function send(troubles) {
  // A second change comes before the answer to the first.
  script = troubles;
  const error = byId("troubles-error");
  try {
    await call("PUT", "/_mock/troubles", { body: { troubles } });
    error.hidden = true;
  } catch (failure) {
    error.textContent = failure instanceof Failure ? failure.message : String(failure);
    error.hidden = false;
    show({ troubles: inForce });
  }
}
