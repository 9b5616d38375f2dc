/* The explorer's page: reads the form, keeps it in the address, draws and tells the law. */
"use strict";

(() => {
  const { thousands, power } = arithmetic;
  const byId = (id) => document.getElementById(`explorer-${id}`);
  const form = byId("form");
  const result = document.querySelector(".explorer-result");
  const sliders = [...form.querySelectorAll("[data-for]")];
  const initial = Object.fromEntries(new FormData(form));
  const PAUSE = 250;
  let drawn = null;

  /* ---- the question ---- */

  class Problem extends Error {
    constructor(field, text) {
      super(text);
      this.field = field;
    }
  }

  function number(fields, name, what, [least, most], unit) {
    const text = fields[name].trim();
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) throw new Problem(name, `${what}: give a number`);
    if (value < least || value > most) {
      const range = `${thousands(least)} to ${thousands(most)}${unit}`;
      throw new Problem(name, `${what} is ${text}; give ${range}`);
    }
    return value;
  }

  const BITS = [0.01, 50];
  const QUALITY = [1e-15, 1e15];

  function ask(fields) {
    const given = {
      iMax: number(fields, "i_max", "The capacity", BITS, " bits"),
      uBar: number(fields, "u_bar", "The noise sensitivity", QUALITY, ""),
      d: number(fields, "d", "The dimension", [1, 1000], " channels"),
    };
    if (!Number.isInteger(given.d)) {
      throw new Problem("d", `The dimension is ${given.d}; give a whole number of channels`);
    }
    const label = fields.entropy.trim() !== "";
    const entropy = label ? number(fields, "entropy", "The entropy", BITS, " bits") : null;
    const u = number(fields, "u", "Your quality", QUALITY, "");
    return { given, entropy, u, one: law.capped(given, entropy) };
  }

  /* ---- the answer in words ---- */

  function sentence({ given, entropy, one, u }) {
    const now = law.bits(one, u);
    const more = law.bits(one, 2 * u) - now;
    const share = Math.round((100 * now) / one.iMax);
    const told = [
      `At quality ${thousands(u)} the model carries ${now.toFixed(2)} bits, ${share} % of its ` +
        `ceiling of ${one.iMax.toFixed(2)}. Twice the quality adds ${more.toFixed(2)} bits.`,
    ];
    if (entropy !== null) {
      told.push(
        given.iMax > entropy
          ? `Labels of ${entropy.toFixed(2)} bits cut the capacity from ${given.iMax.toFixed(2)}.`
          : `Labels of ${entropy.toFixed(2)} bits do not limit this capacity.`,
      );
    }
    return told.join(" ");
  }

  function places({ one, u }) {
    const found = [
      ["u_snr, signal equals noise", law.uSnr(one)],
      ["ū, noise sensitivity", one.uBar],
      [`u_95, ${law.SHORT.toFixed(3)} bits below the ceiling`, law.u95(one)],
      ["your quality", u],
    ];
    return found.map(([name, at]) => {
      if (at === null) return [name, "any", "–", `less than ${law.SHORT.toFixed(3)}`];
      const bits = law.bits(one, at);
      return [name, thousands(at), bits.toFixed(3), (one.iMax - bits).toFixed(3)];
    });
  }

  function caption({ given, entropy, one }) {
    const told = [
      `Information in bits (up) against quality (log scale): it rises to ${one.iMax.toFixed(2)} bits`,
      `by at most ${law.steepest(one).toFixed(2)} bits for each doubling of quality.`,
      "Dot: your quality.",
    ];
    if (entropy !== null) told.push(`Flat line: the labels' ${entropy.toFixed(2)} bits.`);
    if (one.iMax < given.iMax) told.push("Dashed: the law without labels.");
    if (one.d > 1) told.push("Dotted: one channel of the same capacity.");
    return told.join(" ");
  }

  function row(texts) {
    const made = document.createElement("tr");
    texts.forEach((text, i) => {
      const cell = document.createElement(i ? "td" : "th");
      if (!i) cell.scope = "row";
      cell.textContent = text;
      made.append(cell);
    });
    return made;
  }

  /* ---- the picture ---- */

  const MARGIN = { left: 52, right: 30, top: 56, bottom: 46 };

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* Whole decades that hold a usual range and every place of the law. */
  function decades({ one, given, u }) {
    const seen = [law.uSnr(one), law.uSnr(given), one.uBar, law.u95(one) ?? one.uBar, u];
    const low = Math.min(-1, ...seen.map((at) => Math.floor(Math.log10(at))));
    const high = Math.max(5, ...seen.map((at) => Math.ceil(Math.log10(at))));
    return [low, high];
  }

  function stepOf(most, count) {
    const rough = most / count;
    const size = 10 ** Math.floor(Math.log10(rough));
    return size * [1, 2, 5, 10].find((one) => one * size >= rough * (1 - 1e-9));
  }

  function scales(box, asked) {
    const { left, right, top, bottom } = MARGIN;
    const [width, height] = [box.width - left - right, box.height - top - bottom];
    const [low, high] = decades(asked);
    const most = Math.max(asked.given.iMax, asked.entropy ?? 0);
    const step = stepOf(1.05 * most, 5);
    const ceiling = step * Math.ceil((1.05 * most) / step);
    return {
      ...{ left, top, width, height, low, high, step, ceiling },
      x: (u) => left + ((Math.log10(u) - low) / (high - low)) * width,
      y: (bits) => top + (1 - bits / ceiling) * height,
    };
  }

  function axes(svg, scale) {
    const { left, top, width, height, low, high, step, ceiling } = scale;
    const foot = top + height;
    svg.append(element("path", { d: `M${left} ${top}V${foot}H${left + width}`, class: "axis" }));
    const every = Math.ceil((high - low + 1) / Math.max(3, Math.floor(width / 62)));
    for (let k = low; k <= high; k += every) {
      const x = scale.x(10 ** k);
      const told = k >= -3 && k <= 5 ? thousands(10 ** k) : power(k);
      svg.append(element("path", { d: `M${x} ${foot}v5` }));
      svg.append(element("text", { x, y: foot + 19, "text-anchor": "middle" }, told));
    }
    for (let i = 0; i * step <= ceiling * (1 + 1e-9); i += 1) {
      const y = scale.y(i * step);
      svg.append(element("path", { d: `M${left} ${y}h-5` }));
      const told = `${Number((i * step).toFixed(4))}`;
      svg.append(element("text", { x: left - 9, y: y + 4, "text-anchor": "end" }, told));
    }
    const middle = { "text-anchor": "middle" };
    const turned = `translate(13 ${top + height / 2}) rotate(-90)`;
    svg.append(element("text", { x: left + width / 2, y: foot + 39, ...middle }, "quality u"));
    svg.append(element("text", { transform: turned, ...middle }, "information (bits)"));
  }

  function curve(svg, scale, one, kind) {
    const points = Array.from({ length: 241 }, (_, i) => {
      const u = 10 ** (scale.low + (i / 240) * (scale.high - scale.low));
      return `${scale.x(u).toFixed(1)} ${scale.y(Math.max(law.bits(one, u), 0)).toFixed(1)}`;
    });
    svg.append(element("path", { d: `M${points.join("L")}`, class: kind }));
  }

  function mark(svg, scale, name, u, line) {
    const x = scale.x(u);
    const y = 14 + 15 * line;
    svg.append(element("path", { d: `M${x} ${y + 4}V${scale.top + scale.height}`, class: "mark" }));
    const anchor = x > scale.left + scale.width - 60 ? "end" : "start";
    const text = element("text", { x: x + (anchor === "end" ? -4 : 4), y, "text-anchor": anchor });
    text.append(name[0], element("tspan", { dy: 3, "font-size": 10 }, name.slice(1)));
    svg.append(text);
  }

  function draw(asked) {
    const holder = byId("picture");
    const box = { width: holder.clientWidth, height: holder.clientHeight };
    if (box.width < 120) return;
    const { given, entropy, one, u } = asked;
    const scale = scales(box, asked);
    const svg = element("svg", { viewBox: `0 0 ${box.width} ${box.height}`, "aria-hidden": "true" });
    axes(svg, scale);
    if (entropy !== null) {
      const d = `M${scale.left} ${scale.y(entropy)}h${scale.width}`;
      svg.append(element("path", { d, class: "entropy" }));
    }
    if (one.iMax < given.iMax) curve(svg, scale, given, "free");
    if (one.d > 1) curve(svg, scale, { ...one, d: 1 }, "single");
    curve(svg, scale, one, "curve");
    mark(svg, scale, "usnr", law.uSnr(one), 0);
    mark(svg, scale, "ū", one.uBar, 1);
    if (law.u95(one) !== null) mark(svg, scale, "u95", law.u95(one), 2);
    const [cx, cy] = [scale.x(u), scale.y(law.bits(one, u))];
    svg.append(element("circle", { cx, cy, r: 6, class: "here" }));
    holder.replaceChildren(svg);
  }

  /* ---- the page ---- */

  function fields() {
    return Object.fromEntries(new FormData(form));
  }

  /* Shows every number at its slider too. */
  function slide() {
    for (const slider of sliders) {
      const text = form.elements[slider.dataset.for].value;
      const value = slider.dataset.scale ? Math.log10(Number(text)) : Number(text);
      const open = text === "" && slider.dataset.end !== undefined;
      slider.value = open ? slider.max : value;
      slider.setAttribute("aria-valuetext", open ? "no limit" : text);
    }
  }

  /* Takes what a slider says into its number. */
  function take(slider) {
    const field = form.elements[slider.dataset.for];
    const raw = Number(slider.value);
    if (slider.dataset.end !== undefined && slider.value === slider.max) field.value = "";
    else field.value = slider.dataset.scale ? Number((10 ** raw).toPrecision(3)) : raw;
  }

  function complain(problem) {
    byId("error").hidden = !problem;
    byId("error").textContent = problem ? problem.message : "";
    byId("answer").hidden = Boolean(problem);
    for (const field of form.querySelectorAll("[name]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    const field = problem && form.elements[problem.field];
    if (field) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", "explorer-error");
    }
  }

  /* Draws at once; the sentence, which is read aloud, and the address wait for a pause. */
  function show() {
    try {
      const asked = ask(fields());
      complain(null);
      drawn = asked;
      draw(asked);
      byId("caption").textContent = caption(asked);
      byId("marks").tBodies[0].replaceChildren(...places(asked).map(row));
      return sentence(asked);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      drawn = null;
      complain(problem);
      return "";
    }
  }

  function remember() {
    const changed = Object.entries(fields()).filter(([name, value]) => value !== initial[name]);
    const here = location.href.split("#")[0];
    const state = new URLSearchParams(changed).toString();
    history.replaceState(null, "", state ? `${here}#${state}` : here);
  }

  let timer = 0;
  function changed() {
    const told = show();
    result.setAttribute("aria-busy", "true");
    clearTimeout(timer);
    timer = setTimeout(() => {
      byId("sentence").textContent = told;
      remember();
      result.removeAttribute("aria-busy");
    }, PAUSE);
  }

  /* The state behind #; a heading's name there is no state, and leaves the page as it is. */
  function restore() {
    const state = [...new URLSearchParams(location.hash.slice(1))];
    if (location.hash && !location.hash.includes("=")) return;
    const unknown = state.find(([name]) => !Object.hasOwn(initial, name));
    for (const [name, value] of Object.entries({ ...initial, ...Object.fromEntries(state) })) {
      if (Object.hasOwn(initial, name)) form.elements[name].value = value;
    }
    slide();
    byId("sentence").textContent = show();
    if (unknown) complain(new Problem("", `The address names “${unknown[0]}”, which is not here`));
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    if (target.dataset.for) take(target);
    slide();
    changed();
  });
  byId("reset").addEventListener("click", () => {
    history.replaceState(null, "", location.href.split("#")[0]);
    restore();
  });
  window.addEventListener("hashchange", restore);
  new ResizeObserver(() => drawn && draw(drawn)).observe(byId("picture"));
  slide();
  byId("sentence").textContent = show();
  restore();
})();
