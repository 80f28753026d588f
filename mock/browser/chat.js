// The assistant to chat with: what is asked goes through the API like the requests of any other client.

import { byId, make, size, stayAtEnd } from "./dom.js";
import { Failure, call, events, json } from "./server.js";

const transcript = byId("transcript");
const question = byId("question");
const announcement = byId("announcement");

let api = "";
let conversation = null;
let files = [];
/** Stops the reply that is arriving. */
let stopper = null;

/** Makes the chat work, with the settings that the server gave. */
export function start(settings) {
  api = settings.api;
  for (const { id, name } of settings.chatbots) {
    const option = make("option", "", name);
    option.value = id;
    byId("chatbot").append(option);
  }
  byId("greeting-url").textContent = `${location.origin}${api}`;
  byId("greeting-key").textContent = settings.key ?? "the key that it was started with";
  byId("chatbot").addEventListener("change", startOver);
  byId("new-conversation").addEventListener("click", startOver);
  byId("file").addEventListener("change", attach);
  byId("stop").addEventListener("click", stop);
  byId("question-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  question.addEventListener("input", () => question.setCustomValidity(""));
  question.addEventListener("keydown", (event) => {
    // Enter also ends the composition of Chinese, Japanese and Korean text, which is no wish to send it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      ask();
    }
  });
  byId("chat").addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
  });
}

function stop() {
  stopper?.abort();
}

function startOver() {
  stop();
  conversation = null;
  transcript.replaceChildren(byId("greeting") ?? make("p", "hint", "A new conversation."));
  question.focus();
}

function attach() {
  files.push(...byId("file").files);
  // So that the same file can be chosen again after it was taken out.
  byId("file").value = "";
  showFiles();
  question.focus();
}

function showFiles() {
  const items = files.map((file) => {
    const remove = make("button", "", "×");
    remove.type = "button";
    remove.setAttribute("aria-label", `Take out ${file.name}`);
    remove.addEventListener("click", () => {
      files = files.filter((other) => other !== file);
      showFiles();
      question.focus();
    });
    return make("li", "chip", make("bdi", "", file.name), ` ${size(file.size)} `, remove);
  });
  stayAtEnd(transcript, () => {
    byId("files").replaceChildren(...items);
    byId("files").hidden = items.length === 0;
  });
  question.setCustomValidity("");
}

async function ask() {
  const content = question.value.trim();
  if (stopper) return;
  if (content === "") {
    // The API takes no file without words.
    if (files.length > 0) {
      question.setCustomValidity("Write what the assistant is to do with the file.");
      question.reportValidity();
    }
    return;
  }
  const sent = files;
  [question.value, files] = ["", []];
  showFiles();
  byId("greeting")?.remove();

  const names = sent.map((file) => make("li", "chip", make("bdi", "", file.name)));
  const asked = bubble("You", "asked", names);
  asked.text.textContent = content;
  const reply = bubble("Assistant", "reply", []);
  reply.element.setAttribute("aria-busy", "true");
  transcript.scrollTop = transcript.scrollHeight;

  const controller = new AbortController();
  stopper = controller;
  setBusy(true);
  announcement.textContent = "The reply is arriving.";
  try {
    await receive(content, sent, reply, controller.signal);
    announcement.textContent = `Reply: ${reply.text.textContent}`;
  } catch (error) {
    const stopped = controller.signal.aborted;
    if (!stopped && !(error instanceof Failure)) console.error(error);
    const words = stopped ? "Stopped." : error instanceof Failure ? error.message : String(error);
    if (reply.text.textContent === "") reply.text.remove();
    stayAtEnd(transcript, () => reply.element.append(make("p", stopped ? "hint" : "error", words)));
    announcement.textContent = words;
  } finally {
    reply.element.removeAttribute("aria-busy");
    stopper = null;
    setBusy(false);
  }
}

function setBusy(busy) {
  // The button that has the focus must not vanish from under it.
  const back = document.activeElement === byId("stop") || document.activeElement === byId("send");
  byId("stop").hidden = !busy;
  byId("send").hidden = busy;
  if (back) (busy ? byId("stop") : question).focus();
}

function bubble(who, className, extras) {
  const text = make("p", "text");
  // Text runs in the direction of its own script.
  text.dir = "auto";
  const element = make("article", className, make("h3", "", who), text);
  if (extras.length) element.append(make("ul", "chips", ...extras));
  transcript.append(element);
  return { element, text };
}

async function receive(content, sent, reply, signal) {
  const attachments = [];
  for (const file of sent) {
    const form = new FormData();
    form.append("file", file);
    const { id, type, filename, file: address } = await json(
      await call("POST", `${api}/attachments/`, { body: form, signal }),
    );
    attachments.push({ id, type, filename, file: address });
  }
  const path = `${api}/chatbots/${encodeURIComponent(byId("chatbot").value)}/completions/`;
  const body = { conversation, message: { content, attachments }, isStreaming: true };
  const response = await call("POST", path, { body, signal });
  for await (const piece of pieces(response)) {
    conversation = piece.conversationId ?? conversation;
    stayAtEnd(transcript, () => reply.text.append(piece.content ?? ""));
    if (piece.done) {
      cite(piece.citations, reply.element);
      return;
    }
  }
  throw new Failure("The stream ended before its last event.");
}

async function* pieces(response) {
  const stream = events(response);
  for (;;) {
    let event;
    try {
      event = await stream.next();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Failure("The connection broke within the reply.");
    }
    if (event.done) return;
    try {
      yield JSON.parse(event.value.data);
    } catch {
      throw new Failure(`An event is no JSON: ${event.value.data.slice(0, 200)}`);
    }
  }
}

function cite(citations, element) {
  if (!Array.isArray(citations) || citations.length === 0) return;
  const names = citations.map(({ filename }) => make("li", "chip", make("bdi", "", String(filename))));
  stayAtEnd(transcript, () => element.append(make("ul", "chips", make("li", "hint", "Sources"), ...names)));
}
