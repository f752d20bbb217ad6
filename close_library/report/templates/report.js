"use strict";
// A figure opens its source rows and adds them up again, in whole units of its last decimal: never in floats.
// A source row opens the figures that it feeds.
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
  const show = (amount, least) => {
    if (amount === null) return "";
    const places = Math.max(placesOf(amount), least || 0);
    return spelled(scaled(amount, places), places);
  };
  const sum = (rows, least) => {
    const amounts = rows.map((row) => data.amount[row]).filter((amount) => amount !== null);
    const places = Math.max(least, ...new Set(amounts.map(placesOf)));
    return { total: amounts.reduce((sum, amount) => sum + scaled(amount, places), 0n), places };
  };

  const cell = (column, row) => (column.places[row] < 0 ? "" : column.texts[column.places[row]]);
  const grouped = (number) => number.toLocaleString("en-US");
  const count = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
  const range = (start, length) => Array.from({ length }, (_, place) => start + place);
  const leastOf = (figure) => (figure.foots === "sum" ? leastPlaces(figure.unit) : 0);

  // Rows of a figure, their total, and whether it agrees.
  const foot = (figure) => {
    if (!figure.block) return { rows: [], text: `${count(figure.rows, "row")}; this page does not carry them: ${data.elsewhere}`, tone: "" };
    const rows = range(...figure.block);
    if (figure.foots === "none") return { rows, text: count(rows.length, "row"), tone: "" };
    let { total, places } = sum(rows, Math.max(leastPlaces(figure.unit), placesOf(figure.amount || "0")));
    if (figure.foots === "count") total = scaled(String(rows.length), places);
    const agrees = figure.amount !== null && rows.length === figure.rows && total === scaled(figure.amount, places);
    const result = agrees ? "agrees to the figure" : "DOES NOT AGREE to the figure";
    return { rows, text: `${count(rows.length, "row")}, total ${spelled(total, places)} — ${result}`, tone: agrees ? "good" : "bad" };
  };

  const ids = data ? Object.keys(data.figures) : [];
  const fedBy = (row) => data.feeds.sets[data.feeds.places[row]];
  const addressOf = (row) => `${cell(data.file, row)}\n${cell(data.table, row)}\n${data.line[row]}`;
  const addressed = (row) => `${cell(data.file, row)}${data.line[row] === null ? "" : `, line ${grouped(data.line[row])}`}`;

  // The dialog: a heading, what it says, a field to find rows, a table of which more can be shown.
  const CHUNK = 500;
  const dialog = document.getElementById("rows");
  const visited = [];
  const opened = (view) => {
    visited.push(view);
    draw(view);
    if (!dialog.open) dialog.showModal();
  };
  const part = (name) => document.getElementById(`rows-${name}`);
  const headed = (table, names, caption) => {
    const [head, header, body] = [make("tr"), make("thead"), make("tbody")];
    for (const name of names) {
      const title = make("th", name, name === "line" || name.endsWith("amount") ? "number" : "");
      title.scope = "col";
      head.append(title);
    }
    header.append(head);
    table.replaceChildren(make("caption", caption), header, body);
    return body;
  };
  const draw = (view) => {
    part("title").textContent = view.title;
    part("back").hidden = visited.length < 2;
    part("find").value = "";
    part("search").hidden = !view.rows || view.rows.length < 8;
    const filled = (rows) => data.shown.filter(([, column]) => rows.some((row) => column.places[row] >= 0));
    const shown = filled(view.rows || []);
    const fill = (rows, text, tone) => {
      part("result").textContent = text;
      part("result").className = tone;
      part("table").hidden = view.rows ? !rows.length : false;
      if (view.rows) drawRows(view, rows, filled(rows));
      else drawFigures(view);
    };
    part("find").oninput = () => {
      const wanted = part("find").value.trim().toLowerCase();
      if (!wanted) return fill(view.rows, view.text, view.tone);
      const rows = view.rows.filter((row) => `${addressed(row)} ${shown.map(([, column]) => cell(column, row)).join(" ")} ${show(data.amount[row], view.least)}`.toLowerCase().includes(wanted));
      const { total, places } = sum(rows, view.least);
      fill(rows, `${grouped(rows.length)} of ${count(view.rows.length, "row")}${view.summed ? `, together ${spelled(total, places)}` : ""}`, "");
    };
    fill(view.rows || [], view.text, view.tone);
  };
  const drawRows = (view, rows, shown) => {
    const body = headed(part("table"), ["file", "line", "feeds", ...shown.map(([word]) => word.replaceAll("_", " ")), ...(view.amounts === false ? [] : ["amount"])], "Source rows");
    let next = 0;
    const add = () => {
      for (const row of rows.slice(next, next + CHUNK)) {
        const line = make("tr");
        line.append(make("td", cell(data.file, row)), make("td", data.line[row] === null ? "" : String(data.line[row]), "number"));
        const feeds = make("td", fedBy(row).length ? undefined : "–");
        if (fedBy(row).length) {
          const button = make("button", count(fedBy(row).length, "figure"), "opens");
          button.type = "button";
          button.setAttribute("aria-label", `${count(fedBy(row).length, "figure")} fed by ${addressed(row)}`);
          button.onclick = () => opened(rowView(row));
          feeds.append(button);
        }
        line.append(feeds);
        for (const [, column] of shown) line.append(make("td", cell(column, row), /^\d{4}-\d\d-\d\d$/.test(cell(column, row)) ? "date" : ""));
        if (view.amounts !== false) line.append(make("td", show(data.amount[row], view.least), "number"));
        body.append(line);
      }
      next += CHUNK;
      part("more").hidden = next >= rows.length;
      part("more").textContent = `Show more (${grouped(Math.max(0, rows.length - next))} left)`;
    };
    part("more").onclick = add;
    add();
  };
  // From a source row to every figure that it feeds, with what it brings to each.
  const drawFigures = (view) => {
    part("more").hidden = true;
    const body = headed(part("table"), ["figure", "this row's amount", "figure's amount", "unit"], "Figures that this row feeds");
    for (const place of fedBy(view.row)) {
      const figure = data.figures[ids[place]];
      const mine = (figure.block ? range(...figure.block) : []).filter((row) => addressOf(row) === addressOf(view.row));
      const { total, places } = sum(mine, leastOf(figure));
      const [line, name] = [make("tr"), make("th")];
      name.scope = "row";
      const button = make("button", figure.label, "opens");
      button.type = "button";
      button.onclick = () => opened(figureView(ids[place]));
      name.append(button);
      line.append(name, make("td", !figure.block ? "not carried by this page" : figure.foots === "sum" ? spelled(total, places) : "counted", "number"));
      line.append(make("td", figure.amount === null ? "not defined" : show(figure.amount, leastOf(figure)), "number"), make("td", figure.unit));
      body.append(line);
    }
  };
  const figureView = (id, amount) => {
    const figure = data.figures[id];
    return { title: `${figure.label}: ${amount || show(figure.amount || "0", leastOf(figure))}`, ...foot(figure), least: leastOf(figure), summed: figure.foots === "sum" };
  };
  const rowView = (row) => ({
    title: addressed(row), row, tone: "",
    text: `${cell(data.table, row).replaceAll("_", " ")}: ${data.shown.map(([, column]) => cell(column, row)).filter((text) => text).join(", ")}. It feeds ${count(fedBy(row).length, "figure")} of this workpaper.`,
  });
  const everyRow = () => {
    const seen = new Map();
    data.line.forEach((line, row) => {
      if (line !== null && !seen.has(addressOf(row))) seen.set(addressOf(row), row);
    });
    const rows = [...seen.values()];
    return { title: "Source rows", rows, text: `${count(rows.length, "source row")} on this page, each once; find one and see which figures it feeds`, tone: "", least: 0, amounts: false };
  };

  if (data) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("main .opens");
      if (!button) return;
      visited.length = 0;
      if (button.dataset.figure) opened(figureView(button.dataset.figure, button.textContent));
      else if (button.dataset.finding) {
        const rows = data.findings[button.dataset.finding];
        opened({ title: button.textContent, rows, text: `${count(rows.length, "row")} behind this workpaper's figures ${rows.length === 1 ? "names" : "name"} it`, tone: "", least: leastPlaces(data.currency) });
      } else opened(everyRow());
    });
    part("back").onclick = () => {
      visited.pop();
      draw(visited[visited.length - 1]);
    };
    for (const place of document.querySelectorAll("[data-refoot]")) {
      const { text, tone } = foot(data.figures[place.dataset.refoot]);
      place.textContent = tone === "good" ? "✓ agrees" : tone === "bad" ? `✗ ${text}` : text;
      place.classList.add(tone || "plain");
    }
  }

  // Tables: a heading sorts, a field finds, a list filters. The total row stays where it is.
  const value = (text) => {
    const number = text.replace(/[,%\s]/g, "").replace(/^\((.*)\)$/, "-$1");
    return number !== "" && !Number.isNaN(Number(number)) ? Number(number) : null;
  };
  const compare = (left, right) => {
    const [a, b] = [value(left), value(right)];
    return a !== null && b !== null ? a - b : (a === null) - (b === null) || left.localeCompare(right, "en");
  };
  const textOf = (row, place) => (row.cells[place].innerText || row.cells[place].textContent).trim();
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
        const rows = [...body.rows].map((row) => [textOf(row, place), row]);
        rows.sort(([a], [b]) => (descending ? compare(b, a) : compare(a, b)));
        body.append(...rows.map(([, row]) => row));
        table.dispatchEvent(new Event("sorted"));
      });
    });
  }

  // Of a long table the first hundred lines stand on the screen until somebody wants the rest; in print all do.
  const FIRST = 100;
  const LISTED = 12;
  for (const table of document.querySelectorAll("table.searchable")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (rows.length < 8) continue;
    const bar = make("div", undefined, "search");
    const label = make("label", "Find ");
    const field = make("input");
    field.type = "search";
    label.append(field);
    bar.append(label);
    const lists = (table.classList.contains("matrix") ? [] : [...table.tHead.rows[0].cells]).flatMap((head, place) => {
      if (head.classList.contains("number") || head.classList.contains("said")) return [];
      const texts = [...new Set(rows.map((row) => row.cells[place].dataset.filter || row.cells[place].textContent.trim()))];
      if (texts.length < 2 || texts.length > LISTED || texts.some((text) => text.length > 40)) return [];
      const [named, list] = [make("label", `${head.firstChild.textContent.trim()} `), make("select")];
      list.append(new Option("all", "\u0000"), ...texts.sort((a, b) => a.localeCompare(b, "en")).map((text) => new Option(text || "(empty)", text)));
      named.append(list);
      return [{ named, list, place }];
    }).slice(0, 3);
    bar.append(...lists.map(({ named }) => named));
    const found = make("span", `${grouped(rows.length)} of ${grouped(rows.length)}`);
    found.setAttribute("role", "status");
    bar.append(found);
    table.parentElement.before(bar);
    let all = rows.length <= FIRST + 20;
    const rest = make("button", `Show all ${grouped(rows.length)} lines`, "rest screen");
    rest.type = "button";
    if (!all) table.parentElement.after(rest);
    const fold = () => {
      const seen = [...body.rows].filter((row) => !row.hidden);
      const cut = all || seen.length < rows.length ? seen.length : FIRST;
      seen.forEach((row, place) => row.classList.toggle("folded", place >= cut));
      rest.hidden = cut === seen.length;
    };
    const filter = () => {
      const wanted = field.value.toLowerCase();
      for (const row of rows) {
        const listed = lists.every(({ list, place }) => list.value === "\u0000" || (row.cells[place].dataset.filter || row.cells[place].textContent.trim()) === list.value);
        row.hidden = !listed || !row.textContent.toLowerCase().includes(wanted);
      }
      found.textContent = `${grouped(rows.filter((row) => !row.hidden).length)} of ${grouped(rows.length)}`;
      fold();
    };
    rest.onclick = () => {
      all = true;
      fold();
    };
    field.addEventListener("input", filter);
    lists.forEach(({ list }) => list.addEventListener("change", filter));
    table.addEventListener("sorted", fold);
    fold();
  }
})();
