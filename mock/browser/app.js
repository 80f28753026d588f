// Where the page starts: its views, its key and its parts.

import * as chat from "./chat.js";
import { byId } from "./dom.js";
import * as reference from "./reference.js";
import * as requests from "./requests.js";
import { Failure, call, events, json, useKey } from "./server.js";
import * as troubles from "./troubles.js";

let views = ["chat", "reference", "requests", "troubles"];

/** How long to wait before asking again for what happens at the server. */
const PAUSE_MS = 1500;

/** Shows what the address asks for. On a wide screen, requests and troubles are always there. */
function show() {
  const asked = location.hash.slice(1);
  const view = views.includes(asked) ? asked : "chat";
  document.body.dataset.view = view;
  if (view === "chat" || view === "reference") document.body.dataset.main = view;
  if (view === "reference") reference.open();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function say(state, words) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = words;
}

/** Ends what is being read of the server; nothing while nothing is. */
let reading = null;

/** Follows what happens at the server while somebody looks. A page that is not seen keeps no connection. */
async function follow() {
  if (reading || document.hidden) return;
  const controller = new AbortController();
  reading = controller;
  try {
    const response = await call("GET", "/_mock/requests", { signal: controller.signal });
    for await (const { name, data } of events(response)) {
      if (name === "start") requests.clear();
      else if (name === "request") requests.update(JSON.parse(data));
      else if (name === "troubles") troubles.show(JSON.parse(data));
      say("live", "connected");
    }
    say("lost", "connecting again");
  } catch (error) {
    if (!controller.signal.aborted) say("lost", error instanceof Failure ? error.message : "connecting again");
  } finally {
    reading = null;
  }
  setTimeout(follow, PAUSE_MS);
}

function followWhileSeen() {
  if (document.hidden) reading?.abort();
  else follow();
}

async function start() {
  const settings = await json(await fetch("/_mock/settings"));
  // The viewer can be left out of the build.
  if (!settings.hasReference) {
    views = views.filter((view) => view !== "reference");
    document.querySelector("nav a[href='#reference']").hidden = true;
  }
  chat.start(settings);
  troubles.start();
  byId("clear-requests").addEventListener("click", () => call("DELETE", "/_mock/requests"));
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(byId("key").value);
    reference.authorize();
    reading?.abort();
    follow();
  });
  // A server that others can reach does not say its key.
  byId("key-form").hidden = settings.key !== null;
  useKey(settings.key ?? "");
  addEventListener("hashchange", show);
  document.addEventListener("visibilitychange", followWhileSeen);
  show();
  if (settings.key === null) {
    say("lost", "needs the key");
    byId("key").focus();
  } else {
    follow();
  }
}

start();
