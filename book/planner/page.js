/* The page: reads the form, keeps it in the address, and shows the answer. */
"use strict";

(() => {
  const LOSS = 0.05;
  const data = window.noisescalingFits;
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
    const field = form.elements[name];
    const known = !field?.options || [...field.options].some((option) => option.value === value);
    if (field && field.type !== "checkbox" && known) field.value = value;
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
    const named = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const asked = { ...initial, ...named };
    choose(asked);
    for (const [name, value] of Object.entries(asked)) set(name, value);
    form.elements.inside.checked = asked.inside === "yes";
    show();
    const lists = ["dataset", "model", "signal"].filter((name) => name in named);
    const missing = lists.find((name) => named[name] !== form.elements[name].value);
    if (missing) {
      const told = `The address asks for the ${missing} ${named[missing]}, which is not here`;
      complain(new question.Problem(missing, told));
    }
  }

  /* ---- the answer ---- */

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
    byId("sentence").textContent = words.sentence(asked, found);
    byId("detail").textContent = words.detail(asked, found, LOSS);
    const items = words.warnings(asked, found).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    });
    byId("warnings").replaceChildren(...items);
    byId("caption").textContent = words.caption(asked, found);
    tables.fill(byId, asked, found);
    shown = { asked, found };
    picture.draw(byId("picture"), asked, found);
  }

  function show() {
    last = JSON.stringify(fields());
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
