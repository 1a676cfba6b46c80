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
  document.addEventListener("paste", (event) => {
    if (!inGrid(event)) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    const { grid, row, column } = place(event.target);
    text.split(/\r?\n/).forEach((line, down) =>
      line.split("\t").forEach((value, right) => {
        const field = grid[row + down]?.[column + right];
        if (!field) return;
        field.value = value.trim();
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    );
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
