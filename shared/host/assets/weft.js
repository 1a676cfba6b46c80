// Enhances pages that work without it: swaps regions, hears of changes, and helps in grids.
// It never touches a field that somebody is in or has changed.
(() => {
  "use strict";
  const all = (css, within = document) => [...within.querySelectorAll(css)];
  const parse = async (answer) =>
    new DOMParser().parseFromString(await answer.text(), "text/html");

  // <form data-swap="list">: the answer's #list takes the place of this page's.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const id = form.dataset.swap;
    if (!id || event.defaultPrevented) return;
    const data = new FormData(form, event.submitter);
    const reads = form.method === "get";
    const url = new URL(event.submitter?.getAttribute("formaction") || form.action);
    if (reads) url.search = new URLSearchParams(data);
    event.preventDefault();
    let page, answer;
    try {
      const body = reads ? undefined : new URLSearchParams(data);
      answer = await fetch(url, { method: form.method, body });
      page = await parse(answer);
    } catch {
      // Nothing was heard of an answer: let the browser ask, and say why there is none.
      if (reads) location.assign(url);
      else form.submit();
      return;
    }
    // An error summary or a message stands above the region, so the whole of it comes along.
    const whole = page.querySelector("main .errors, main .banner");
    const region = whole ? "main" : id;
    const [now, next] = [document, page].map((one) => one.getElementById(region));
    if (!now || !next) return location.assign(answer.url);
    now.replaceWith(next);
    document.title = page.title;
    if (reads || answer.redirected) history.replaceState(null, "", answer.url);
    next.querySelector(".errors")?.focus();
    prepare(next);
  });

  // <body data-events="/events">, <section id="due" data-live>: fetched again after each change.
  const source = document.body.dataset.events;
  const changed = (field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some((one) => one.selected !== one.defaultSelected)
        : field.value !== field.defaultValue;
  const busy = (region) =>
    region.contains(document.activeElement) ||
    all("input:not([type=hidden]), select, textarea", region).some(changed);
  const refresh = async () => {
    const regions = all("[data-live][id]").filter((region) => !busy(region));
    if (!regions.length) return;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = await parse(answer);
    for (const region of regions) {
      const next = page.getElementById(region.id);
      // Somebody may have begun to type since.
      if (next && region.isConnected && !busy(region) && region.innerHTML !== next.innerHTML) {
        region.replaceWith(next);
        prepare(next);
      }
    }
  };
  if (source) {
    let waits = null;
    let missed = false;
    const soon = () => {
      clearTimeout(waits);
      if (document.hidden) missed = true;
      else waits = setTimeout(refresh, 200);
    };
    let events = null;
    const hear = () => {
      events = new EventSource(source);
      events.addEventListener("change", soon);
    };
    hear();
    addEventListener("pagehide", () => events.close());
    addEventListener("pageshow", (event) => event.persisted && (hear(), soon()));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && missed) soon();
      missed &&= document.hidden;
    });
  }

  // <table data-grid>: Enter and the arrows move, and a block of cells can be pasted.
  const cells = (table) =>
    all("tbody tr", table)
      .map((row) => all("input[type=text]", row))
      .filter((row) => row.length);
  const place = (field) => {
    const grid = cells(field.closest("[data-grid]"));
    const row = grid.findIndex((one) => one.includes(field));
    return { grid, row, column: row < 0 ? -1 : grid[row].indexOf(field) };
  };
  const inGrid = (event) => event.target.matches?.("[data-grid] input[type=text]");
  document.addEventListener("keydown", (event) => {
    if (!inGrid(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const field = event.target;
    const at = (position) => field.selectionStart === position && field.selectionEnd === position;
    const { grid, row, column } = place(field);
    const steps = {
      Enter: [event.shiftKey ? -1 : 1, 0],
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: at(field.value.length) && [0, 1],
      ArrowLeft: at(0) && [0, -1],
    };
    const step = steps[event.key];
    if (!step) return;
    // Enter stays in the grid at its end too: it must not save by surprise.
    event.preventDefault();
    const next = grid[row + step[0]]?.[column + step[1]];
    next?.focus();
    next?.select();
  });
  const isNumber = (text) => /^[-−+]?\d[\d\s.,]*\s?%?$/.test(text);
  const amount = (text) => Number(text.replace(/[,\s%]/g, "").replace("−", "-"));
  // Pasted percentages have no field: columns with a % sign, or every third column if each is
  // 100 times the first by the second.
  const workedOut = (lines, times) => {
    const columns = [...Array(Math.max(...lines.map((line) => line.length))).keys()];
    const filled = (at) => lines.filter((line) => line[at]);
    const every = (at, is) => filled(at).length > 0 && filled(at).every(is);
    const isSigned = (at) => every(at, (line) => isNumber(line[at]) && line[at].endsWith("%"));
    const isShare = (at) =>
      filled(at).some((line) => amount(line[at]) > 0) &&
      every(at, (line) => {
        const [above, below] = [at - 2, at - 1].map((one) => amount(line[one] || "x"));
        return Math.abs((times * above) / below - amount(line[at])) < 0.06;
      });
    const thirds = columns.filter((at) => at % 3 === 2);
    const isThird = columns.length % 3 === 0 && thirds.every(isShare);
    return columns.filter((at) => isSigned(at) || (isThird && thirds.includes(at)));
  };
  const block = (text, times) => {
    let lines = text.split(/\r?\n/).map((line) => line.split("\t").map((one) => one.trim()));
    // Lines of headings above the figures are no figures.
    const first = lines.findIndex((line) => line.some(isNumber));
    lines = lines.slice(Math.max(first, 0));
    if (!times) return lines;
    const out = workedOut(lines, times);
    return lines.map((line) => line.filter((_, at) => !out.includes(at)));
  };
  document.addEventListener("paste", (event) => {
    if (!inGrid(event)) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    const here = event.target;
    // A value beside two numbers is filled only from its own field, so that a block of numerators
    // and denominators keeps its columns.
    const beside = "beside" in here.dataset;
    const fits = (field) => "beside" in field.dataset === beside;
    const { grid, row } = place(here);
    const rows = grid.map((fields) => fields.filter(fits));
    const column = rows[row].indexOf(here);
    const times = !beside && here.closest("tr").querySelector("[data-share]")?.dataset.times;
    block(text, Number(times)).forEach((line, down) =>
      line.forEach((value, right) => {
        const field = rows[row + down]?.[column + right];
        if (!field) return;
        field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    );
  });

  // <table data-grid data-check>: the questions of a save, while somebody types. The form is sent
  // with then=check, which saves nothing, and the lines that say something are taken over.
  let turn = 0;
  let checks = null;
  const lines = (table) => {
    const found = [];
    for (const row of all("tbody > tr", table))
      if (row.matches(".says")) found.at(-1)?.says.push(row);
      else found.push({ row, says: [] });
    return found;
  };
  const check = async (table) => {
    const mine = turn;
    const form = table.closest("form");
    const body = new URLSearchParams(new FormData(form));
    // Every question is asked again; what was ticked stays ticked below.
    for (const name of [...body.keys()]) if (name.startsWith("confirm:")) body.delete(name);
    body.set("then", "check");
    const answer = await fetch(form.action, { method: "post", body }).catch(() => null);
    const page = answer && (await parse(answer));
    const next = page?.querySelector("[data-check]");
    const answering = document.activeElement?.closest(".says");
    if (!next || mine !== turn || !table.isConnected || answering) return;
    const ticked = all(".says input:checked", table).map((one) => [one.name, one.value].join("\n"));
    const now = lines(table);
    lines(next).forEach(({ row, says }, at) => {
      const old = now[at];
      if (!old) return;
      [...row.cells].forEach((cell, n) => {
        if (old.row.cells[n]) old.row.cells[n].className = cell.className;
      });
      const fields = all("input[type=text]", old.row);
      all("input[type=text]", row).forEach((field, n) => {
        for (const name of ["aria-invalid", "aria-describedby"])
          if (field.hasAttribute(name)) fields[n]?.setAttribute(name, field.getAttribute(name));
          else fields[n]?.removeAttribute(name);
      });
      old.says.forEach((one) => one.remove());
      old.row.after(...says);
    });
    for (const one of all(".says input", table))
      if (ticked.includes([one.name, one.value].join("\n"))) one.checked = true;
    const said = [document, page].map((one) => one.getElementById("checked"));
    if (said[0] && said[1]) said[0].textContent = said[1].textContent;
  };
  document.addEventListener("input", (event) => {
    const table = inGrid(event) && event.target.closest("[data-check]");
    if (!table) return;
    turn += 1;
    clearTimeout(checks);
    checks = setTimeout(check, 500, table);
  });

  // <td data-share="n-1 d-1">: 100 times the first field by the second, as somebody types.
  // data-times and data-decimals say otherwise, such as for a rate per 100,000.
  const number = (id) => {
    const text = document.getElementById(id)?.value.replace(/[,\s]/g, "").replace("−", "-");
    return text ? Number(text) : NaN;
  };
  const share = (out) => {
    const [above, below] = out.dataset.share.split(" ").map(number);
    const value = (Number(out.dataset.times || 100) * above) / below;
    const text = value.toFixed(out.dataset.decimals || 1);
    out.textContent = Number.isFinite(value) ? text.replace("-", "−") : "";
  };
  document.addEventListener("input", (event) => {
    if (event.target.id) all(`[data-share~="${CSS.escape(event.target.id)}"]`).forEach(share);
  });

  // <button type="button" data-print hidden>
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) print();
  });
  const prepare = (within) => {
    all("[data-share]", within).forEach(share);
    all("[data-print]", within).forEach((button) => (button.hidden = false));
  };
  prepare(document);
})();
