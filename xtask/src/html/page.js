
"use strict";
const form = document.forms[0];
const rows = [...document.querySelectorAll("tr[id]")].map((row) => ({
  row,
  body: row.parentElement,
  text: (row.parentElement.dataset.owner + " " + row.textContent).toLowerCase(),
}));

function filter() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const choices = [...form.querySelectorAll("select")].filter((select) => select.value);
  const shown = new Set();
  let count = 0;
  for (const { row, body, text } of rows) {
    const fits = words.every((word) => text.includes(word)) &&
      choices.every(({ name, value }) => ` ${row.dataset[name] ?? ""} ${body.dataset[name] ?? ""} `.includes(` ${value} `));
    row.hidden = !fits;
    if (fits) {
      count += 1;
      shown.add(body);
    }
  }
  for (const body of new Set(rows.map(({ body }) => body))) body.hidden = !shown.has(body);
  form.querySelector("output").value = `${count} of ${rows.length} rows`;
}

// A link to a row shows it, whatever is filtered.
function reveal() {
  const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (row?.hidden) {
    form.reset();
    row.scrollIntoView();
  }
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter));
addEventListener("hashchange", reveal);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select")) {
    event.preventDefault();
    form.elements.text.focus();
  }
});
filter();
