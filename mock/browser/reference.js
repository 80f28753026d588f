// The reference, in Swagger UI, which is large and so only loaded when somebody wants to see it.

import { byId, make } from "./dom.js";
import { authorization } from "./server.js";

let loading = null;
let viewer = null;

/** Shows the reference, once. */
export function open() {
  loading ??= load().catch((error) => {
    loading = null;
    byId("viewer").replaceChildren(make("p", "error", `The viewer could not be loaded: ${error.message}`));
  });
}

/** Makes the viewer call with the key that the page has now. */
export function authorize() {
  viewer?.preauthorizeApiKey("ApiKeyAuth", authorization());
}

async function load() {
  // Within the viewer is a library that takes over all links within a page, unless it is told not to.
  globalThis.noZensmooth = true;
  const style = make("link");
  style.rel = "stylesheet";
  style.href = "/_mock/swagger-ui/swagger-ui.css";
  const script = make("script");
  script.src = "/_mock/swagger-ui/swagger-ui-bundle.js";
  await Promise.all([style, script].map(loaded));

  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", scheme.matches);
  scheme.addEventListener("change", follow);
  follow();

  const place = make("div");
  byId("viewer").replaceChildren(place);
  viewer = globalThis.SwaggerUIBundle({
    domNode: place,
    url: "/_mock/openapi.yaml",
    validatorUrl: null,
    queryConfigEnabled: false,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    plugins: [atThisServer],
    onComplete: authorize,
  });
}

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => reject(new Error(`no answer for ${element.src || element.href}`)));
    document.head.append(element);
  });
}

/** A plugin that makes the document one of this server. */
function atThisServer() {
  const updateJsonSpec = (original) => (document) => original(local(document));
  return { statePlugins: { spec: { wrapActions: { updateJsonSpec } } } };
}

/**
 * The document with the paths of its servers in place of their addresses, also where an operation has its own; and with
 * no example as the value of a parameter that can be left out, since the second page of a short list, say, is no start.
 */
function local(value) {
  if (Array.isArray(value)) return value.map(local);
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, local(inner)]));
  if (Array.isArray(copy.servers)) {
    copy.servers = copy.servers.map((server) => ({ ...server, url: new URL(server.url, location.origin).pathname }));
  }
  const isOptional = typeof copy.in === "string" && typeof copy.name === "string" && copy.required !== true;
  if (isOptional && copy.example !== undefined) {
    copy.description = `${copy.description ?? ""} Example: \`${JSON.stringify(copy.example)}\``;
    delete copy.example;
  }
  return copy;
}
