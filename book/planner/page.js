/* The page: reads the form, keeps it in the address, and shows the answer. */
"use strict";

(() => {
  const LOSS = 0.05;
  const data = window.noisescalingFits;
  const byId = (id) => document.getElementById(`planner-${id}`);
  const form = byId("form");
  const { thousands } = arithmetic;
  let shown = null;

  /* ---- the form ---- */

  function fields() {
    return Object.fromEntries(new FormData(form));
  }

  function fill(name, choices) {
    const select = form.elements[name];
    const before = select.value;
    select.replaceChildren(...choices.map((one) => new Option(data.labels[one] ?? one, one)));
    if (choices.includes(before)) select.value = before;
  }

  /* Offers what was fitted: models of the data set, signals of both. */
  function offer() {
    const unique = (rows, name) => [...new Set(rows.map((fit) => fit[name]))];
    let rows = data.fits;
    for (const name of ["dataset", "model", "signal"]) {
      fill(name, unique(rows, name));
      rows = rows.filter((fit) => fit[name] === form.elements[name].value);
    }
  }

  /* Shows the parts of the form that the other choices call for. */
  function reveal() {
    for (const part of form.querySelectorAll("[data-shown-for]")) {
      const [name, value] = part.dataset.shownFor.split("=");
      part.hidden = fields()[name] !== value;
    }
  }

  /* ---- the address ---- */

  let initial = {};

  /* The fields that differ from the page's own, in the part of the address behind #. */
  function address() {
    const changed = new URLSearchParams();
    for (const [name, value] of Object.entries(fields())) {
      if (value !== initial[name]) changed.set(name, value);
    }
    return changed.toString();
  }

  function remember() {
    const wanted = address();
    const here = location.href.split("#")[0];
    history.replaceState(null, "", wanted ? `${here}#${wanted}` : here);
  }

  function set(name, value) {
    const field = form.elements[name];
    if (field && field.type !== "checkbox") field.value = value;
  }

  /* Chooses a fit; each choice decides what the next list offers. */
  function choose(fit) {
    offer();
    for (const name of ["dataset", "model", "signal"]) {
      set(name, fit[name]);
      offer();
    }
  }

  function restore() {
    const asked = { ...initial, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
    choose(asked);
    for (const [name, value] of Object.entries(asked)) set(name, value);
    form.elements.inside.checked = asked.inside === "yes";
    show();
  }

  /* ---- the answer ---- */

  function between(range, unit) {
    return `${thousands(range[0])} to ${thousands(range[1])} ${unit}`;
  }

  function verdict({ u }, reference) {
    if (!reference) return "";
    const ratio = u / reference.u;
    return ratio > 1.1 ? "deeper: " : ratio < 1 / 1.1 ? "more cells: " : "the same depth: ";
  }

  /* The present design, or else the measured depth for the same money. */
  function reference(asked, found) {
    if (asked.current) return asked.current;
    const { umis } = asked.surface;
    const deepest = asked.market.prices.library ? asked.market.prices.library.complexity : Infinity;
    if (!umis || umis[1] >= deepest) return null;
    const n = found.design.cost / arithmetic.oneCell(asked.market.prices, umis[1]);
    return n >= 1 ? { n, u: umis[1] } : null;
  }

  function sentence(asked, found) {
    const { n, u } = found.design;
    const words = `${thousands(n)} cells at ${thousands(u)} UMIs`;
    return verdict(found.design, reference(asked, found)) + words;
  }

  function detail(asked, found) {
    const { bits, cost } = found.design;
    const told = [`This design carries ${bits.toFixed(2)} bits and costs ${thousands(cost)}.`];
    if (found.umis) {
      told.push(
        `With the fit's uncertainty (95 %): ${between(found.cells, "cells")}, ` +
          `${between(found.umis, "UMIs")}, ` +
          `${found.bits[0].toFixed(2)} to ${found.bits[1].toFixed(2)} bits` +
          `${asked.aim === "bits" ? `, a price of ${between(found.cost, "")}`.trimEnd() : ""}.`,
      );
    } else {
      told.push("No errors of the parameters were given, so there is no interval.");
    }
    told.push(
      `For the same money, any depth from ${between(found.goodDepths, "UMIs")} ` +
        `loses at most ${LOSS} bits.`,
    );
    const other = reference(asked, found);
    if (other) told.push(comparison(asked, found, other));
    return told.join(" ");
  }

  function comparison(asked, found, other) {
    const have = arithmetic.bits(asked.surface.value, other.n, other.u);
    const name = asked.current ? "The present design" : "The measured depth for the same money";
    const price = thousands(other.n * arithmetic.oneCell(asked.market.prices, other.u));
    return (
      `${name} (${thousands(other.n)} cells at ${thousands(other.u)} UMIs) ` +
      `carries ${have.toFixed(2)} bits and costs ${price}.`
    );
  }

  function warnings(asked, found) {
    const { cells, umis } = asked.surface;
    const told = [];
    const check = (axis, unit, value, range) => {
      if (!range || (value >= range[0] && value <= range[1])) return;
      told.push(
        `extrapolated: ${axis} ${thousands(value)} ${unit} is outside the measured ` +
          `${between(range, "").trimEnd()}`,
      );
    };
    check("cells", "cells", found.design.n, cells);
    check("depth", "UMIs a cell", found.design.u, umis);
    const limits = asked.market.limits;
    held(told, "cells", found.design.n, limits.cells);
    held(told, "UMIs a cell", found.design.u, limits.umis);
    return told;
  }

  /* Tells where a limit, not the law, sets the design. */
  function held(told, unit, value, [low, high]) {
    const limit = value <= low * 1.001 ? low : value >= high * 0.999 ? high : null;
    if (limit !== null) told.push(`held at the limit of ${thousands(limit)} ${unit}`);
  }

  function caption(asked, found) {
    const known = found.umis ? " Pale dots: the best designs under draws of the fit." : "";
    const now = asked.current ? " White square: the present design." : "";
    const area = asked.surface.cells ? " Dashed: the range that was measured." : "";
    return (
      "Information (bits, brighter is more) over cells and UMIs a cell. Thick line: designs that " +
      `cost ${thousands(found.design.cost)}. Orange dot: the best, ${sentence(asked, found)}.` +
      known +
      now +
      area
    );
  }

  /* ---- the tables ---- */

  function row(cells, head) {
    const made = document.createElement("tr");
    cells.forEach((text, i) => {
      const cell = document.createElement(head || i === 0 ? "th" : "td");
      if (cell.tagName === "TH") cell.scope = head ? "col" : "row";
      cell.textContent = text;
      made.append(cell);
    });
    return made;
  }

  function spaced([low, high], count) {
    const at = (i) => low * Math.pow(high / low, i / (count - 1));
    return Array.from({ length: count }, (_, i) => at(i));
  }

  function body(id, rows) {
    byId(id).tBodies[0].replaceChildren(...rows.map((cells) => row(cells, false)));
  }

  function tables(asked, found) {
    const { value, cells, umis } = asked.surface;
    const { n, u, cost } = found.design;
    const gain = found.marginal;
    body("marginal", [
      ["cells", gain.cells.toFixed(3)],
      ["UMIs a cell", gain.depth.toFixed(3)],
      ["budget, spent at best", gain.budget.toFixed(3)],
    ]);
    const line = [u / 8, u / 4, u / 2, u, 2 * u, 4 * u, 8 * u]
      .map((depth) => [depth, cost / arithmetic.oneCell(asked.market.prices, depth)])
      .filter(([depth, number]) => depth >= 1 && number >= 1);
    body(
      "line",
      line.map(([depth, number]) => [
        thousands(depth),
        thousands(number),
        arithmetic.bits(value, number, depth).toFixed(2),
      ]),
    );
    const columns = spaced(cells ?? [Math.max(n / 30, 1), n * 30], 5);
    const depths = spaced(umis ?? [Math.max(u / 30, 1), u * 30], 6);
    byId("surface").tHead.replaceChildren(row(["UMIs a cell", ...columns.map(thousands)], true));
    body(
      "surface",
      depths.map((depth) => [
        thousands(depth),
        ...columns.map((number) => arithmetic.bits(value, number, depth).toFixed(2)),
      ]),
    );
  }

  /* ---- together ---- */

  function complain(problem) {
    const line = byId("error");
    line.hidden = !problem;
    line.textContent = problem ? problem.message : "";
    document.querySelector(".planner-result").classList.toggle("stale", Boolean(problem));
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    if (problem && form.elements[problem.field]) {
      form.elements[problem.field].setAttribute("aria-invalid", "true");
      form.elements[problem.field].setAttribute("aria-describedby", "planner-error");
    }
  }

  function answer(asked) {
    const { surface, market } = asked;
    const found =
      asked.aim === "bits"
        ? arithmetic.cheapest(surface, market, asked.bits, LOSS)
        : arithmetic.plan(surface, market, asked.budget, LOSS);
    byId("sentence").textContent = sentence(asked, found);
    byId("detail").textContent = detail(asked, found);
    const items = warnings(asked, found).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    });
    byId("warnings").replaceChildren(...items);
    byId("caption").textContent = caption(asked, found);
    tables(asked, found);
    shown = { asked, found };
    picture.draw(byId("picture"), asked, found);
  }

  function show() {
    reveal();
    byId("copied").textContent = "";
    try {
      const asked = question.ask(fields(), data);
      complain(null);
      answer(asked);
    } catch (problem) {
      if (!(problem instanceof question.Problem)) throw problem;
      complain(problem);
    }
  }

  function later(action, pause) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(action, pause);
    };
  }

  async function copy() {
    remember();
    try {
      await navigator.clipboard.writeText(location.href);
      byId("copied").textContent = "Copied.";
    } catch {
      byId("copied").textContent = "Copy the address of this page; it holds the plan.";
    }
  }

  function start() {
    choose(data.start);
    initial = fields();
    const settle = later(() => {
      show();
      remember();
    }, 200);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      offer();
      settle();
    });
    window.addEventListener("hashchange", restore);
    byId("copy").addEventListener("click", copy);
    const redraw = later(() => {
      if (shown) picture.draw(byId("picture"), shown.asked, shown.found);
    }, 50);
    new ResizeObserver(redraw).observe(byId("picture"));
    restore();
  }

  start();
})();
