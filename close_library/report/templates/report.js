"use strict";
// A figure opens its source rows and adds them up again, in whole units of its last decimal: never in floats.
(() => {
  const store = document.getElementById("source-rows");
  const data = store ? JSON.parse(store.textContent) : null;
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  // Exact amounts: "-12.5" with 2 places is -1250n.
  const placesOf = (text) => (text.split(".")[1] || "").length;
  const scaled = (text, places) => {
    const [whole, part = ""] = text.replace("-", "").split(".");
    const units = BigInt(whole + part.padEnd(places, "0"));
    return text.startsWith("-") ? -units : units;
  };
  const spelled = (units, places) => {
    const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
    const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
    const text = places ? `${whole}.${digits.slice(-places)}` : whole;
    return units < 0n ? `(${text})` : text;
  };
  const leastPlaces = (unit) => (data.places[unit] === undefined ? 0 : data.places[unit]);

  const cell = (column, row) => (column.places[row] < 0 ? "" : column.texts[column.places[row]]);
  const count = (rows) => `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"}`;

  // Rows of a figure, their total, and whether it agrees.
  const foot = (figure) => {
    if (!figure.block) return { rows: [], text: `${count(figure.rows)}; this page does not carry them: ${data.elsewhere}`, tone: "" };
    const [start, length] = figure.block;
    const rows = Array.from({ length }, (_, place) => start + place);
    if (figure.foots === "none") return { rows, text: count(length), tone: "" };
    const amounts = rows.map((row) => data.amount[row]).filter((amount) => amount !== null);
    const places = Math.max(leastPlaces(figure.unit), placesOf(figure.amount || "0"), ...new Set(amounts.map(placesOf)));
    const total = figure.foots === "count" ? scaled(String(length), places) : amounts.reduce((sum, amount) => sum + scaled(amount, places), 0n);
    const agrees = figure.amount !== null && length === figure.rows && total === scaled(figure.amount, places);
    const result = agrees ? "agrees to the figure" : "DOES NOT AGREE to the figure";
    return { rows, text: `${count(length)}, total ${spelled(total, places)} — ${result}`, tone: agrees ? "good" : "bad" };
  };

  const CHUNK = 500;
  const open = (title, result) => {
    const dialog = document.getElementById("rows");
    document.getElementById("rows-title").textContent = title;
    const said = document.getElementById("rows-result");
    said.textContent = result.text;
    said.className = result.tone;
    const table = document.getElementById("rows-table");
    const shown = data.shown.filter(([, column]) => result.rows.some((row) => column.places[row] >= 0));
    const head = make("tr");
    for (const name of ["file", "line", ...shown.map(([word]) => word.replaceAll("_", " ")), "amount"]) {
      const title = make("th", name, name === "line" || name === "amount" ? "number" : "");
      title.scope = "col";
      head.append(title);
    }
    const body = make("tbody");
    const header = make("thead");
    header.append(head);
    table.replaceChildren(make("caption", "Source rows"), header, body);
    table.hidden = !result.rows.length;
    const more = document.getElementById("rows-more");
    let next = 0;
    const add = () => {
      for (const row of result.rows.slice(next, next + CHUNK)) {
        const line = make("tr");
        line.append(make("td", cell(data.file, row)), make("td", data.line[row] === null ? "" : String(data.line[row]), "number"));
        for (const [, column] of shown) line.append(make("td", cell(column, row), /^\d{4}-\d\d-\d\d$/.test(cell(column, row)) ? "date" : ""));
        const amount = data.amount[row];
        const places = amount === null ? 0 : Math.max(placesOf(amount), result.places || 0);
        line.append(make("td", amount === null ? "" : spelled(scaled(amount, places), places), "number"));
        body.append(line);
      }
      next += CHUNK;
      more.hidden = next >= result.rows.length;
      more.textContent = `Show more (${Math.max(0, result.rows.length - next).toLocaleString("en-US")} left)`;
    };
    more.onclick = add;
    add();
    dialog.showModal();
  };

  if (data) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest(".opens");
      if (!button) return;
      if (button.dataset.figure) {
        const figure = data.figures[button.dataset.figure];
        open(`${figure.label}: ${button.textContent}`, { ...foot(figure), places: figure.foots === "sum" ? leastPlaces(figure.unit) : 0 });
      } else {
        const rows = data.findings[button.dataset.finding];
        open(button.textContent, { rows, text: `${count(rows.length)} behind this workpaper's figures ${rows.length === 1 ? "names" : "name"} it`, tone: "", places: leastPlaces(data.currency) });
      }
    });
    for (const place of document.querySelectorAll("[data-refoot]")) {
      const { text, tone } = foot(data.figures[place.dataset.refoot]);
      place.textContent = tone === "good" ? "✓ agrees" : tone === "bad" ? `✗ ${text}` : text;
      place.classList.add(tone || "plain");
    }
  }

  // Tables: a heading sorts, a field filters. The total row stays where it is.
  const value = (text) => {
    const number = text.replace(/[,%\s]/g, "").replace(/^\((.*)\)$/, "-$1");
    return number !== "" && !Number.isNaN(Number(number)) ? Number(number) : null;
  };
  const compare = (left, right) => {
    const [a, b] = [value(left), value(right)];
    return a !== null && b !== null ? a - b : (a === null) - (b === null) || left.localeCompare(right, "en");
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      // The words stay outside the button: a browser that repeats the headings in print leaves buttons out.
      const button = make("button", undefined, "sorts");
      button.type = "button";
      button.setAttribute("aria-label", `Sort by ${head.textContent}`);
      head.append("\u00a0", button);
      head.addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [row.cells[place].innerText.trim(), row]);
        rows.sort(([a], [b]) => (descending ? compare(b, a) : compare(a, b)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }
  for (const table of document.querySelectorAll("table.searchable")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 8) continue;
    const label = make("label", "Find ", "search");
    const field = make("input");
    const found = make("span", `${rows.length} of ${rows.length}`);
    field.type = "search";
    found.setAttribute("role", "status");
    label.append(field, found);
    table.parentElement.before(label);
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      found.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    });
  }
})();
