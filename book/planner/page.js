/* The page: reads the form, keeps it in the address, and shows the answer. */
"use strict";

(() => {
  const LOSS = 0.05;
  const data = window.noisescalingFits;
  const NAMES = { dataset: "data set", model: "model", signal: "signal" };
  const byId = (id) => document.getElementById(`planner-${id}`);
  const form = byId("form");
  let shown = null; // the question and answer in sight
  let last = ""; // the form as it was answered last

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
    const chosen = fields();
    for (const part of form.querySelectorAll("[data-shown-for]")) {
      const [name, value] = part.dataset.shownFor.split("=");
      part.hidden = chosen[name] !== value;
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

  /* Sets a field, unless it is a list that does not hold the value. */
  function set(name, value) {
    if (!Object.hasOwn(initial, name)) return;
    const field = form.elements[name];
    const known = !field.options || [...field.options].some((option) => option.value === value);
    if (known) field.value = value;
  }

  /* Chooses a fit; each choice decides what the next list offers. */
  function choose(fit) {
    offer();
    for (const name of ["dataset", "model", "signal"]) {
      const select = form.elements[name];
      if ([...select.options].some((option) => option.value === fit[name])) select.value = fit[name];
      offer();
    }
  }

  /* What readers call a fit. */
  function called({ dataset, model, signal }) {
    return [dataset, model, signal].map((name) => data.labels[name] ?? name).join(", ");
  }

  /* Lists the fits that no plan may rest on, with the reason. */
  function withhold() {
    const { length } = data.withheld;
    byId("withheld").hidden = !length;
    byId("withheld").querySelector("summary").textContent =
      `${length} of ${length + data.fits.length} fits are not offered, and why`;
    const items = data.withheld.map((fit) => listed(`${called(fit)}: ${fit.unknown}`));
    byId("withheld").querySelector("ul").replaceChildren(...items);
    const measured = form.querySelector("[name=law][value=measured]");
    measured.disabled = !data.fits.length;
    if (measured.disabled) form.elements.law.value = "own";
  }

  function listed(text) {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }

  /* What an address asks for that is not here, in words; null if all is. */
  function missing(asked, named) {
    const told = (name, text) => new question.Problem(name, `The address asks for ${text}`);
    const fit = (one) => ["dataset", "model", "signal"].every((name) => one[name] === asked[name]);
    const withheld = asked.law === "measured" && data.withheld.find(fit);
    if (withheld) {
      return told("dataset", `${called(withheld)}, which is not offered: ${withheld.unknown}`);
    }
    for (const [name, value] of Object.entries(named)) {
      if (!Object.hasOwn(initial, name) && name !== "inside") {
        return told(name, `“${name}”, which this page does not have`);
      }
      const chosen = form.elements[name].value;
      const listed = form.elements[name].type !== "number" && name !== "inside";
      const shown = NAMES[name] ?? name;
      if (listed && chosen !== value && (asked.law !== "own" || !(name in NAMES))) {
        const known = data.withheld.some((one) => one[name] === value);
        const why = known ? "not offered; the list below the signals says why" : "not here";
        return told(name, `the ${shown} ${data.labels[value] ?? `“${value}”`}, which is ${why}`);
      }
    }
    return null;
  }

  /* The fields that the address sets: behind #, and behind ? where a field has the name. */
  function named() {
    const [query, hash] = [location.search, location.hash].map((part) =>
      [...new URLSearchParams(part.slice(1))],
    );
    const ours = query.filter(([name]) => Object.hasOwn(initial, name) || name === "inside");
    return Object.fromEntries([...ours, ...hash]);
  }

  function restore() {
    const wanted = named();
    const asked = { ...initial, ...wanted };
    choose(asked);
    for (const [name, value] of Object.entries(asked)) set(name, value);
    form.elements.inside.checked = asked.inside === "yes";
    const problem = missing(asked, wanted);
    show();
    if (problem) complain(problem);
  }

  /* ---- the answer ---- */

  /* Tells a problem in place of the answer, or takes it back. */
  function complain(problem) {
    const line = byId("error");
    line.hidden = !problem;
    line.textContent = problem ? problem.message : "";
    byId("plan").hidden = Boolean(problem);
    if (problem) shown = null;
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    const field = problem && form.querySelector(`[name="${CSS.escape(problem.field ?? "")}"]`);
    if (field) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", "planner-error");
    }
  }

  /* All that the page will say of a question, before any of it is shown. */
  function compute(asked) {
    const { surface, market } = asked;
    const found =
      asked.aim === "bits"
        ? arithmetic.cheapest(surface, market, asked.bits, LOSS)
        : arithmetic.plan(surface, market, asked.budget, LOSS);
    return {
      asked,
      found,
      sentence: words.sentence(asked, found),
      detail: words.detail(asked, found, LOSS),
      caption: words.caption(asked, found),
      warnings: words.warnings(asked, found),
      tables: tables.make(asked, found),
    };
  }

  function render(made) {
    complain(null);
    picture.draw(byId("picture"), made.asked, made.found);
    for (const part of ["sentence", "detail", "caption"]) byId(part).textContent = made[part];
    byId("warnings").replaceChildren(...made.warnings.map(listed));
    tables.fill(byId, made.tables);
    shown = made;
  }

  /* Answers the form: the whole answer, or a problem and no answer. */
  function show() {
    last = JSON.stringify(fields());
    reveal();
    byId("copied").textContent = "";
    try {
      render(compute(question.ask(fields(), data)));
    } catch (problem) {
      const known = problem instanceof question.Problem;
      if (!known) console.error(problem);
      complain(known ? problem : { message: `These numbers have no plan (${problem.message})` });
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
    withhold();
    choose(data.start);
    initial = fields();
    const result = document.querySelector(".planner-result");
    const settle = later(() => {
      show();
      remember();
      result.removeAttribute("aria-busy");
    }, 200);
    form.addEventListener("submit", (event) => event.preventDefault());
    const changed = () => {
      offer();
      if (JSON.stringify(fields()) === last) return;
      result.setAttribute("aria-busy", "true");
      settle();
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
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
