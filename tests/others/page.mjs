/**
 * The mock's page in a real browser: what people do with it, with the keyboard and on a phone, and what hostile values and
 * pages of others do not achieve. Also axe-core's opinion on its accessibility.
 *
 * usage: page.mjs BASE KEY BROWSER NPM_PREFIX, for a mock at BASE that takes some time for a reply
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [base, key, executablePath, prefix] = process.argv.slice(2);
const require = createRequire(`${resolve(prefix)}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** What would set a mark, did it run. */
const hostile = `"'><img src=x onerror="globalThis.ran=1"><script>globalThis.ran=2</script><svg onload=globalThis.ran=3>`;
const authorized = { Authorization: `Api-Key ${key}`, "Content-Type": "application/json" };
const question = "#question";
const lastReply = "#transcript article.reply:last-child";

// Nothing but this machine has a name or an address.
const rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", rules] });
const addresses = new Set();
const complaints = [];
/** Whether addresses elsewhere are called on purpose. */
let outside = false;
/** What the console may say, for as long as it is meant to be said. */
let allowed = null;

async function open(options = {}, address = base) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  network.on("Network.requestWillBeSent", ({ request }) => outside || addresses.add(request.url));
  network.on("Network.webSocketCreated", ({ url }) => addresses.add(url));
  page.on("dialog", (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const isBad = ["error", "warning"].includes(message.type());
    if (isBad && !allowed?.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
  });
  await page.goto(address);
  if (address === base) await page.waitForSelector("#connection[data-state=live]");
  return page;
}

/** Nothing ran, nothing was refused since nothing tried, and there is no element that a value brought along. */
async function isUnharmed(page) {
  const found = await page.evaluate(() => ({
    ran: globalThis.ran ?? null,
    violations: globalThis.violations,
    foreign: document.querySelectorAll("[onerror], [onload], main script, main img, aside svg, #chat svg").length,
  }));
  assert.deepEqual(found, { ran: null, violations: [], foreign: 0 });
}

const replied = (page) => page.waitForSelector("#send:not([hidden])");

async function ask(page, text) {
  await page.fill(question, text);
  await page.press(question, "Enter");
  await replied(page);
  return page.textContent(`${lastReply}`);
}

/** The row of the newest request of which the text has this in it, once it has its end. */
const row = (page, text) => page.locator("#requests-list li", { hasText: text }).filter({ hasText: " ms" }).first();

/** All that the page tells of that request. */
async function details(page, text) {
  await row(page, text).locator("summary").press("Enter");
  await row(page, text).locator("pre").first().waitFor();
  return row(page, text).textContent();
}

async function setTroubles(troubles) {
  const body = JSON.stringify({ troubles });
  assert.equal((await fetch(`${base}_mock/troubles`, { method: "PUT", headers: authorized, body })).status, 200);
}

const steps = {
  async "a reply streams into the page piece by piece"() {
    const start = performance.now();
    const page = await open();
    await page.evaluate(() => {
      globalThis.seen = [];
      const note = () => {
        const text = document.querySelector("#transcript article.reply .text")?.textContent ?? "";
        if (text !== globalThis.seen.at(-1)) globalThis.seen.push(text);
      };
      new MutationObserver(note).observe(document.querySelector("#transcript"), { childList: true, subtree: true });
    });
    await page.fill(question, "Hello?");
    await page.press(question, "Enter");
    await page.waitForFunction(() => globalThis.seen.length > 2);
    const first = Math.round(performance.now() - start);
    assert.ok(await page.isVisible("#stop"), "it can be stopped while it arrives");
    await replied(page);
    const seen = await page.evaluate(() => globalThis.seen);
    const whole = seen.at(-1);
    assert.ok(whole.startsWith("You asked: “Hello?”") && whole.endsWith("then it is done."), whole);
    assert.ok(seen.length > 10, `${seen.length} pieces`);
    for (const part of seen) assert.ok(whole.startsWith(part), part);
    assert.equal(await page.textContent("#announcement"), `Reply: ${whole}`);
    assert.match(await ask(page, "And then?"), /Before that, it was: “Hello\?”/);
    await page.click("#new-conversation");
    assert.doesNotMatch(await ask(page, "And now?"), /Before that/);
    await page.context().close();
    return `${seen.length} pieces, the first ${first} ms after the page was opened`;
  },

  async "a reply can be stopped, and one that breaks says so"() {
    const page = await open();
    await page.fill(question, "Stop");
    await page.press(question, "Enter");
    await page.waitForFunction(() => document.querySelector(".reply .text")?.textContent.length > 5);
    await page.press(question, "Escape");
    await replied(page);
    assert.match(await page.textContent(lastReply), /Stopped\.$/);
    assert.doesNotMatch(await page.textContent(lastReply), /it is done/);
    await row(page, "client left").waitFor();

    allowed = /^Failed to load resource: (the server responded with a status of 500|net::ERR_)/;
    for (const [trouble, words] of [
      // What arrives together with the break may be lost, as it is in any browser.
      ["cut=400,on=completions", /The connection broke within the reply\.$/],
      ["broken,on=completions", /An event is no JSON/],
      ["status=500,on=completions", /500 Internal Server Error: Trouble as ordered/],
      ["unknown", /it is done/],
    ]) {
      await setTroubles([trouble]);
      const found = await ask(page, trouble);
      assert.match(found, words, `${trouble}: ${found}`);
    }
    allowed = null;
    await setTroubles([]);
    await page.context().close();
  },

  async "an attached file goes along"() {
    const page = await open();
    const name = `${hostile.replaceAll("/", "")}.png`;
    await page.setInputFiles("#file", [
      { name, mimeType: "image/png", buffer: Buffer.from("\x89PNG") },
      { name: "not this one.txt", mimeType: "text/plain", buffer: Buffer.from("x") },
    ]);
    await page.getByRole("button", { name: "Take out not this one.txt" }).click();
    // The server stores it under a name without the characters that are special in paths and headers.
    assert.match(await ask(page, "What is it?"), /The file .*img src=x onerror=.* came with it/);
    assert.match(await page.textContent("#transcript article.asked"), /<img src=x onerror=/);
    assert.equal(await page.locator("#files li").count(), 0);
    const uploads = await row(page, "/api/attachments/").count();
    assert.equal(uploads, 1);
    assert.match(await details(page, "/completions/"), /"filename": ".*img src=x/);
    await isUnharmed(page);
    await page.context().close();
  },

  async "a file without words is not sent, and hides nothing"() {
    const page = await open({ viewport: { width: 390, height: 600 } });
    for (const text of ["One", "Two", "Three"]) await ask(page, text);
    const isAtEnd = () => page.evaluate(() => {
      const { scrollHeight, scrollTop, clientHeight } = document.querySelector("#transcript");
      return scrollHeight - scrollTop - clientHeight < 2;
    });
    assert.ok(await isAtEnd());
    await page.setInputFiles("#file", { name: "a.png", mimeType: "image/png", buffer: Buffer.from("\x89PNG") });
    await page.locator("#files li").waitFor();
    assert.ok(await isAtEnd(), "the end of the reply is still there");
    const asked = await page.locator("#transcript article.asked").count();
    await page.press(question, "Enter");
    await page.click("#send");
    assert.match(await page.evaluate(() => document.querySelector("#question").validationMessage), /with the file/);
    assert.equal(await page.locator("#transcript article.asked").count(), asked);
    assert.match(await ask(page, "What is it?"), /The file a\.png came with it/);
    await page.context().close();
  },

  async "requests of others appear as they arrive, their keys hidden"() {
    const page = await open();
    const path = `api/chatbots/?token=hide-me&q=${encodeURIComponent(hostile)}`;
    await setTroubles(["slow=200,pause-ms=300,times=1,on=chatbots"]);
    const answer = fetch(base + path, { headers: { ...authorized, "X-Api-Key": "hide-me", "X-Note": hostile } });
    const arriving = page.locator("#requests-list li", { hasText: "token=[hidden]" });
    await arriving.waitFor();
    assert.match(await arriving.textContent(), /…/, "it is there before its answer has ended");
    await (await answer).text();
    const text = await details(page, "token=[hidden]");
    assert.match(text, /200/);
    assert.match(text, /authorization: Api-Key \[hidden\]/);
    assert.match(text, /x-api-key: \[hidden\]/);
    assert.match(text, /x-note: "'><img src=x onerror=/);
    const body = JSON.stringify({ conversation: hostile, content: hostile });
    await fetch(`${base}api/messages/`, { method: "POST", headers: authorized, body });
    assert.match(await details(page, "/api/messages/"), /<script>globalThis.ran=2<\/script>/);
    const all = await page.evaluate(() => document.querySelector("#requests").textContent);
    assert.ok(!all.includes(key) && !all.includes("hide-me"), all);
    await isUnharmed(page);
    await page.click("#clear-requests");
    await page.waitForSelector("#no-requests:not([hidden])");
    await page.context().close();
  },

  async "a switch makes trouble, and shows when it is over"() {
    const page = await open();
    const statuses = async (count) => {
      const found = [];
      for (let at = 0; at < count; at += 1) {
        found.push((await fetch(`${base}api/chatbots/`, { headers: authorized })).status);
      }
      return found;
    };
    const error = page.locator("[data-kind=status] [role=switch]");
    await page.fill("[name=status]", "429");
    await page.fill("[name=retry-after]", "7");
    await page.fill("[name=times]", "2");
    await page.fill("[name=on]", "chatbots");
    await error.focus();
    await page.keyboard.press("Space");
    await page.getByText("status=429,retry-after=7,times=2,on=chatbots").waitFor();
    assert.equal((await fetch(`${base}api/inboxes/`, { headers: authorized })).status, 200);
    assert.deepEqual(await statuses(1), [429]);
    await page.getByText("status=429,retry-after=7,times=1,on=chatbots").waitFor();
    assert.deepEqual(await statuses(2), [429, 200]);
    await page.waitForSelector("#script", { state: "hidden" });
    assert.equal(await error.isChecked(), false);

    await page.fill("[name=times]", "");
    await page.fill("[name=on]", "");
    for (const kind of ["broken", "stall-after"]) await page.click(`[data-kind=${kind}] [role=switch]`);
    await page.getByText("stall=300").waitFor();
    await page.fill("[name=stall]", "30");
    await page.press("[name=stall]", "Tab");
    await page.getByText("stall=30", { exact: true }).waitFor();
    assert.deepEqual(await page.locator("#script-list li").allTextContents(), ["broken", "stall=30"]);
    await page.click("#no-troubles");
    await page.waitForSelector("#script", { state: "hidden" });

    await setTroubles(["slow=1,pause-ms=1,on=<img src=x onerror=globalThis.ran=1>"]);
    await page.getByText("on=<img src=x").waitFor();
    assert.ok(await page.isChecked("[data-kind=slow] [role=switch]"), "what others set shows, too");
    await page.fill("[name=on]", "a,b");
    allowed = /^Failed to load resource: the server responded with a status of 400/;
    await page.click("[data-kind=broken] [role=switch]");
    await page.getByText("400 Bad Request: `b` is no trouble").waitFor();
    assert.equal(await page.isChecked("[data-kind=broken] [role=switch]"), false, "what is refused is not on");
    allowed = null;
    await page.fill("[name=on]", "");
    await page.fill("[name=status]", "9999");
    await error.click();
    assert.equal(await error.isChecked(), false, "what is no status is not switched on");
    await isUnharmed(page);
    await setTroubles([]);
    await page.context().close();
  },

  async "where the server does not say its key, the page asks for it"() {
    allowed = /^Failed to load resource: the server responded with a status of 401/;
    const page = await open({}, "about:blank");
    await page.route("**/_mock/settings", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), key: null } });
    });
    await page.goto(`${base}#reference`);
    await page.waitForSelector(".opblock");
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("401 Unauthorized: Invalid API key.").waitFor();
    await page.fill("#key", key);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#connection[data-state=live]");
    allowed = null;
    await page.click("#operations-assistants-listChatbots .opblock-summary-control");
    await page.click("#operations-assistants-listChatbots .execute");
    await row(page, "GET/api/chatbots/200").waitFor();
    await page.click("nav a[href='#chat']");
    assert.match(await ask(page, "Hello?"), /it is done/);
    await page.context().close();
  },

  async "the reference is there to try out, at this server"() {
    const page = await open();
    await page.click("nav a[href='#reference']");
    await page.waitForSelector(".opblock");
    const document = await (await fetch(`${base}openapi.yaml`)).text();
    const [paths] = document.split("\npaths:\n")[1].split(/^\S/m);
    const operations = paths.match(/^ {4}(get|post|put|patch|delete):/gm).length;
    assert.equal(await page.locator(".opblock").count(), operations);
    assert.deepEqual(await page.locator(".servers option").allTextContents().then((all) => all.map((text) => text.split(" ")[0])), [
      "/api", "/api/v1",
    ]);
    await page.click("#operations-completions-createCompletion .opblock-summary-control");
    const body = JSON.stringify({ message: { content: hostile }, isStreaming: false });
    await page.fill("#operations-completions-createCompletion .body-param__text", body);
    await page.click("#operations-completions-createCompletion .execute");
    await row(page, "/completions/").waitFor();
    await page.locator("#operations-completions-createCompletion .live-responses-table", { hasText: "You asked" }).waitFor();
    assert.match(await row(page, "/completions/").textContent(), /200/);
    // It has a server of its own, and its example names a conversation that nobody has.
    allowed = /^Failed to load resource: the server responded with a status of 404/;
    await page.click("#operations-messages-createOutgoingMessage .opblock-summary-control");
    await page.click("#operations-messages-createOutgoingMessage .execute");
    await row(page, "POST/api/v1/messages/outgoing/").waitFor();
    const found = await page.evaluate(() => ({ ran: globalThis.ran ?? null, violations: globalThis.violations }));
    assert.deepEqual(found, { ran: null, violations: [] });
    for (const view of ["chat", "reference"]) {
      await page.click(`nav a[href='#${view}']`);
      await page.waitForSelector(`#${view}`, { state: "visible" });
    }
    await page.context().close();
    allowed = null;
    return `${operations} operations`;
  },

  async "the reference can be read in the dark"() {
    const page = await open({ colorScheme: "dark" });
    await page.click("nav a[href='#reference']");
    await page.click("#operations-messages-createMessage .opblock-summary-control");
    await page.click("#operations-records-exportRecords .opblock-summary-control");
    await page.locator("#viewer .examples-select__section-label").first().waitFor();
    // What keeps the colour of the light theme is on a dark ground.
    const dim = await page.evaluate(() => [...document.querySelectorAll("#viewer *")]
      .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.data?.trim()))
      .filter((element) => getComputedStyle(element).color === "rgb(59, 65, 81)")
      .map((element) => `${element.className}: ${element.textContent.slice(0, 40)}`));
    assert.deepEqual(dim, []);
    await page.context().close();
  },

  async "everything can be reached and done with the keyboard"() {
    const page = await open();
    const reached = [];
    for (let at = 0; at < 60; at += 1) {
      await page.keyboard.press("Tab");
      const [name, isShown] = await page.evaluate(() => {
        const element = document.activeElement;
        const shows = element.id === "file" ? document.querySelector("label[for=file]") : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(shows);
        const kind = element.closest("[data-kind]")?.dataset.kind;
        const name = element.id || element.hash || (kind && element.type === "checkbox" ? `switch ${kind}` : element.name);
        return [name || element.tagName, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
      });
      if (name === "BODY" || reached.includes(name)) break;
      assert.ok(isShown, `the focus shows on ${name}`);
      reached.push(name);
    }
    for (const name of [
      "#chat", "#reference", "chatbot", "new-conversation", "transcript", "question", "file", "send", "switch status", "status",
      "retry-after", "switch cut", "cut", "switch stall", "switch stall-after", "stall", "switch slow", "slow", "pause-ms",
      "switch broken", "switch unknown", "times", "on",
    ]) assert.ok(reached.includes(name), `${name} is not among ${reached}`);

    await page.focus("#new-conversation");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "stop");
    await page.keyboard.press("Enter");
    await page.getByText("Stopped.").last().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "question", "the focus is not lost");
    await page.keyboard.type("Again");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("and again");
    assert.equal(await page.inputValue(question), "Again\nand again");
    await page.context().close();
    return `${reached.length} stops`;
  },

  async "it fits a phone, and the dark"() {
    const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await ask(page, `${"w".repeat(300)} ${hostile}`);
    await setTroubles(["slow=1000,pause-ms=0,on=/nothing/that/is/long/enough/to/be/too/wide/for/a/phone"]);
    for (const view of ["chat", "requests", "troubles", "reference"]) {
      await page.click(`nav a[href='#${view}']`);
      await page.waitForSelector(view === "reference" ? ".opblock" : `#${view}`, { state: "visible" });
      const shown = await page.locator("main > section:visible, aside > section:visible").count();
      assert.equal(shown, 1, `${view} alone is shown`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 390, `${view} is ${width} wide`);
    }
    await setTroubles([]);
    await page.context().close();

    const grounds = [];
    for (const colorScheme of ["light", "dark"]) {
      const page = await open({ colorScheme });
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await page.context().close();
    }
    assert.notEqual(grounds[0], grounds[1]);
  },

  async "axe-core finds nothing"() {
    let checks = 0;
    for (const options of [{}, { colorScheme: "dark" }, { viewport: { width: 390, height: 844 }, isMobile: true }]) {
      const page = await open(options);
      await setTroubles(["slow=1000,pause-ms=0", "status=500,times=1,on=nothing"]);
      await page.setInputFiles("#file", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
      await ask(page, "Hello?");
      const views = options.isMobile ? ["chat", "requests", "troubles"] : ["chat"];
      for (const view of views) {
        if (options.isMobile) await page.click(`nav a[href='#${view}']`);
        if (view !== "troubles" && (view === "requests" || !options.isMobile)) {
          await page.locator("#requests-list summary").first().click();
        }
        await page.evaluate(axe);
        // What is within the viewer is not ours.
        const found = await page.evaluate(() => globalThis.axe.run({ exclude: ["#viewer"] }));
        const words = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
        assert.deepEqual(words, [], `${view} ${JSON.stringify(options)}`);
        checks += found.passes.length;
      }
      await setTroubles([]);
      await page.context().close();
    }
    return `${checks} rules passed`;
  },

  async "pages of others cannot use it"() {
    const other = createServer((_, response) => {
      response.setHeader("Content-Type", "text/html").end("<!doctype html><title>other</title>");
    });
    await new Promise((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address();
    [allowed, outside] = [/./, true];
    // The same site and another one.
    for (const host of ["127.0.0.1", "localhost"]) {
      const page = await open({}, `http://${host}:${port}/`);
      const found = await page.evaluate(async ([base, key]) => {
        const attempt = (promise) => promise.then(() => "done", () => "refused");
        const put = { method: "PUT", body: '{"troubles":["stall"]}' };
        const headers = { Authorization: `Api-Key ${key}`, "Content-Type": "application/json" };
        const load = (tag, name, path) => attempt(new Promise((done, fail) => {
          const element = document.createElement(tag);
          [element.onload, element.onerror, element[name]] = [done, fail, base + path];
          document.body.append(element);
        }));
        const frame = document.createElement("iframe");
        frame.src = base;
        const loaded = new Promise((done) => (frame.onload = done));
        document.body.append(frame);
        await loaded;
        return {
          settings: await attempt(fetch(`${base}_mock/settings`)),
          requests: await attempt(fetch(`${base}_mock/requests`, { headers })),
          troubles: await attempt(fetch(`${base}_mock/troubles`, { ...put, headers })),
          simple: await attempt(fetch(`${base}_mock/troubles`, { method: "POST", mode: "no-cors", body: put.body })),
          script: await load("script", "src", "_mock/app.js"),
          picture: await load("img", "src", "_mock/icon.svg"),
        };
      }, [base, key]);
      assert.deepEqual(found, {
        settings: "refused", requests: "refused", troubles: "refused", simple: "refused", script: "refused",
        picture: "refused",
      });
      const frames = page.frames().map((frame) => frame.url());
      assert.ok(!frames.includes(base), `it is not framed: ${frames}`);
      await page.context().close();
    }
    [allowed, outside] = [null, false];
    other.close();
    const now = await (await fetch(`${base}_mock/troubles`, { headers: authorized })).json();
    assert.deepEqual(now, { troubles: [] });
  },

  async "markup that would come in does not run"() {
    const page = await open();
    [allowed, outside] = [/Content Security Policy|Failed to load resource/, true];
    await page.evaluate((hostile) => document.body.insertAdjacentHTML("beforeend", hostile), hostile);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = 4";
      document.body.append(script);
      const far = document.createElement("img");
      far.src = "http://127.0.0.2:9/far.png";
      document.body.append(far);
    });
    // Each is told of on its own; what ran would have done so before.
    await page.waitForFunction(() => new Set(globalThis.violations).size >= 3);
    const found = await page.evaluate(() => [globalThis.ran ?? null, [...new Set(globalThis.violations)].sort()]);
    assert.deepEqual(found, [null, ["img-src", "script-src-attr", "script-src-elem"]]);
    [allowed, outside] = [null, false];
    await page.context().close();
  },
};

let faults = 0;
const start = performance.now();
for (const [name, step] of Object.entries(steps)) {
  const began = performance.now();
  try {
    const more = await step();
    assert.deepEqual(complaints.splice(0), [], "nothing in the console");
    console.log(`${name}${more ? `: ${more}` : ""} (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    faults += 1;
    complaints.length = 0;
    [allowed, outside] = [null, false];
    console.error(`${name}: ${error.stack}`);
    await setTroubles([]);
  }
}
await browser.close();
const elsewhere = [...addresses].filter((address) => !address.startsWith(base) && !/^(data|blob):/.test(address));
assert.deepEqual(elsewhere, [], "no request leaves this machine");
assert.equal(faults, 0, `${faults} of ${Object.keys(steps).length} steps failed`);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${Object.keys(steps).length} steps in a browser, ${addresses.size} addresses, all of this server, in ${seconds} s`);
