/* The form's fields as a question the arithmetic understands, or as problems in plain words. */
"use strict";

const question = (() => {
  const PARAMETERS = ["i_max", "u_snr", "n0", "s", "u1"];

  const NAMES = {
    i_max: "The capacity",
    u_snr: "The depth of equal signal and noise",
    n0: "The cell scale",
    s: "The cell exponent",
    u1: "The depth below which learning suffers",
  };

  /* A problem belongs to a field, so that the page can mark it. */
  class Problem extends Error {
    constructor(field, text) {
      super(text);
      this.field = field;
    }
  }

  function number(fields, name, what) {
    const text = (fields[name] ?? "").trim();
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) throw new Problem(name, `${what}: give a number`);
    if (value !== 0 && !(Math.abs(value) >= 1e-30 && Math.abs(value) <= 1e30)) {
      throw new Problem(name, `${what} is ${text}; give a number from 10⁻³⁰ to 10³⁰`);
    }
    return value;
  }

  function above0(fields, name, what) {
    const value = number(fields, name, what);
    if (value <= 0) throw new Problem(name, `${what} is ${value}; give a number above 0`);
    return value;
  }

  function atLeast0(fields, name, what) {
    const value = number(fields, name, what);
    if (value < 0) throw new Problem(name, `${what} is ${value}; give at least 0`);
    return value;
  }

  function optional(fields, name) {
    return (fields[name] ?? "").trim() !== "";
  }

  function prices(fields) {
    const perCell = atLeast0(fields, "per_cell", "The price of a cell");
    if (fields.depth === "umis") {
      return { perCell, perUmi: above0(fields, "per_million", "The price of a million UMIs") / 1e6 };
    }
    const perRead = above0(fields, "per_million", "The price of a million reads") / 1e6;
    const complexity = above0(fields, "complexity", "The library");
    const usable = above0(fields, "usable", "The usable share of reads");
    if (usable > 1) {
      throw new Problem("usable", `The usable share of reads is ${usable}; give at most 1`);
    }
    const lane = above0(fields, "lane", "The reads of a lane") * 1e6;
    const { amplification } = fields;
    return { perCell, perRead, lane, library: { complexity, usable, amplification } };
  }

  function ownSurface(fields, { normals, error: typical }) {
    const value = PARAMETERS.map((name) => above0(fields, name, NAMES[name]));
    const errors = PARAMETERS.map((name) => {
      const field = `${name}_se`;
      return optional(fields, field) ? atLeast0(fields, field, `The error of ${NAMES[name].toLowerCase().slice(4)}`) : 0;
    });
    const known = errors.some((error) => error > 0);
    const draws = known ? arithmetic.draw(value, errors, normals) : [];
    return { value, draws, cells: null, umis: null, misfit: "", error: typical, entropy: null };
  }

  function measuredSurface(fields, data) {
    const same = (fit) =>
      fit.dataset === fields.dataset && fit.model === fields.model && fit.signal === fields.signal;
    const fit = data.fits.find(same);
    if (!fit) {
      throw new Problem("dataset", "No fit is chosen; choose one of the lists, or give parameters");
    }
    return fit;
  }

  function current(fields, { library }) {
    if (!optional(fields, "current_cells") && !optional(fields, "current_umis")) return null;
    const n = above0(fields, "current_cells", "The present number of cells");
    const u = above0(fields, "current_umis", "The present number of UMIs per cell");
    if (library && u >= library.complexity) {
      const told = `The present ${u} UMIs per cell are not in a library of ${library.complexity}`;
      throw new Problem("current_umis", `${told}; give fewer, or a larger library`);
    }
    return { n, u };
  }

  /* The measured range as limits, where the reader asks to stay inside; else one and up. */
  function limits(fields, surface) {
    if (fields.inside && surface.cells && surface.umis) {
      return { cells: surface.cells, umis: surface.umis };
    }
    return { cells: [1, Infinity], umis: [1, Infinity] };
  }

  /* The whole question, or a Problem thrown. */
  function ask(fields, data) {
    const own = fields.law === "own";
    const surface = own ? ownSurface(fields, data) : measuredSurface(fields, data);
    const market = { prices: prices(fields), limits: limits(fields, surface) };
    const asked = { surface, market, current: current(fields, market.prices), aim: fields.aim };
    if (fields.aim === "bits") asked.bits = reachable(fields, asked);
    else asked.budget = affordable(fields, market);
    return asked;
  }

  function affordable(fields, market) {
    const budget = above0(fields, "budget", "The budget");
    const least = arithmetic.least(market);
    if (budget < least) {
      const { cells, umis } = market.limits;
      const what = fields.inside ? `${cells[0]} cells at ${umis[0]} UMIs` : "one cell at one UMI";
      const price = arithmetic.thousands(least);
      throw new Problem("budget", `The budget of ${budget} buys less than ${what}, for ${price}`);
    }
    return budget;
  }

  function reachable(fields, { surface, market }) {
    const bits = above0(fields, "bits", "The bits to reach");
    const capacity = arithmetic.capacity(surface.value, market);
    const cost = arithmetic.leastBudget(surface.value, market, bits);
    if (bits >= capacity || cost === Infinity) {
      const told = capacity.toFixed(2);
      const most = `the capacity of this law, library and range is ${told} bits`;
      throw new Problem("bits", `${bits} bits are out of reach: ${most}; ask for less`);
    }
    return bits;
  }

  return { ask, Problem, PARAMETERS };
})();
