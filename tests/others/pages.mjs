/**
 * Pages that open from disk, in a real browser: the reconciliation, and what changes between two documents with hostile names.
 * Filters filter, a link leads to its row whatever is filtered, nothing is loaded, no text runs, and the console stays empty.
 *
 * usage: pages.mjs RECONCILIATION CHANGES BROWSER NPM_PREFIX
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [reconciliation, changes, executablePath, prefix] = process.argv.slice(2);
const require = createRequire(`${resolve(prefix)}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const complaints = [];

async function open(file, options = {}, fragment = "") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const address = pathToFileURL(resolve(file)).href;
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) complaints.push(`loaded: ${request.url()}`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(event.violatedDirective));
  });
  await page.goto(address + fragment);
  return page;
}

const shown = (page) => page.locator("tr[id]:visible").count();

const steps = {
  async "filters filter, and a reset shows all"() {
    const page = await open(reconciliation);
    const all = await shown(page);
    assert.ok(all > 300, `${all} rows`);
    assert.equal(await page.textContent("output"), `${all} of ${all} rows`);
    await page.keyboard.press("/");
    await page.keyboard.type("message SENDER");
    const found = await shown(page);
    assert.ok(found > 0 && found < 20, `${found} rows`);
    await page.selectOption("[name=kind]", "none-needed");
    const both = await shown(page);
    assert.ok(both < found, `${both} of ${found}`);
    await page.click("[type=reset]");
    await page.waitForFunction((all) => document.querySelector("output").value.startsWith(`${all} of`), all);
    for (const name of ["what", "operation", "sources", "kind"]) {
      const choices = await page.locator(`[name=${name}] option`).evaluateAll((list) => list.map(({ value }) => value));
      for (const choice of choices.filter(Boolean)) {
        await page.selectOption(`[name=${name}]`, choice);
        const rows = await shown(page);
        assert.ok(rows > 0 && rows < all, `${name} ${choice}: ${rows} rows`);
        const heads = await page.locator("tbody:visible").count();
        assert.ok(heads <= rows, "a heading without rows");
      }
      await page.selectOption(`[name=${name}]`, "");
    }
    assert.equal(await shown(page), all);
  },

  async "a link leads to its row, also to one that is filtered away"() {
    const page = await open(reconciliation, {}, "#Message.sender");
    assert.ok(await page.locator("[id='Message.sender']").isVisible());
    await page.fill("[name=text]", "createCompletion");
    assert.ok(!(await page.locator("[id='Message.sender']").isVisible()));
    await page.evaluate(() => (location.hash = "#Message.sender.name"));
    await page.evaluate(() => (location.hash = "#Message.sender"));
    await page.waitForFunction(() => !document.getElementById("Message.sender").hidden);
  },

  async "changes have levels, and hostile names are text"() {
    const page = await open(changes);
    const all = await shown(page);
    assert.ok(all > 0);
    assert.ok((await page.textContent("table")).includes("<script>globalThis.ran=1</script>"));
    assert.equal(await page.evaluate(() => globalThis.ran ?? null), null);
    assert.equal(await page.locator("table script, table img").count(), 0);
    await page.selectOption("[name=level]", { index: 1 });
    assert.ok((await shown(page)) > 0);
  },

  async "what stands in one cell is apart, on a phone, too"() {
    const page = await open(reconciliation, { viewport: { width: 390, height: 800 } });
    const touching = await page.evaluate(() => [...document.querySelectorAll("td[data-column] span + span")].filter((span) => {
      const before = [...span.previousElementSibling.getClientRects()].at(-1);
      const [after] = span.getClientRects();
      return before && after && Math.abs(before.top - after.top) < 4 && after.left - before.right < 2;
    }).map((span) => span.parentElement.textContent));
    assert.deepEqual(touching, []);
  },

  async "axe-core finds nothing, in light, dark and on a phone"() {
    const looks = [{ colorScheme: "light" }, { colorScheme: "dark" }, { viewport: { width: 390, height: 800 } }];
    for (const file of [reconciliation, changes]) {
      for (const look of looks) {
        const page = await open(file, { ...look, bypassCSP: true });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
        const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
        assert.ok(!isTooWide, `${file} scrolls sideways at ${JSON.stringify(look)}`);
      }
    }
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(`${name}: ok`);
}
await browser.close();
assert.deepEqual(complaints, []);
