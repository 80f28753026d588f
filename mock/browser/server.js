// Calls of the server that the page came from.

let key = "";

/** Sets the key that all calls are made with. */
export function useKey(text) {
  key = text;
}

/** What a call sends to be let in. */
export const authorization = () => `Api-Key ${key}`;

/** What went wrong, in words for people. */
export class Failure extends Error {}

/** Makes a call; anything but success is a `Failure` that says what the server said. */
export async function call(method, path, { body, signal } = {}) {
  const headers = { Authorization: authorization() };
  if (body !== undefined && !(body instanceof FormData)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("The connection broke before an answer came.");
  }
  if (response.ok) return response;
  throw new Failure(`${response.status} ${response.statusText}: ${await reason(response)}`);
}

async function reason(response) {
  try {
    const text = await response.text();
    try {
      const { detail } = JSON.parse(text);
      return typeof detail === "string" ? detail : text.slice(0, 500);
    } catch {
      return text.slice(0, 500);
    }
  } catch {
    return "the connection broke within the error";
  }
}

/** The JSON of an answer. */
export async function json(response) {
  let text;
  try {
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("The connection broke within the answer.");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`The answer is no JSON: ${text.slice(0, 200)}`);
  }
}

/** The events of an answer in `text/event-stream`, each with its name and data, until its end. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, name, data] = ["", "", []];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // The server ends its lines with a line feed, some others with a carriage return before it.
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.map((line) => line.replace(/\r$/, ""))) {
        if (line === "") {
          if (data.length) yield { name: name || "message", data: data.join("\n") };
          [name, data] = ["", []];
        } else if (line.startsWith("data:")) {
          data.push(line.slice(5).replace(/^ /, ""));
        } else if (line.startsWith("event:")) {
          name = line.slice(6).trim();
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
