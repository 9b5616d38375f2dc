/* The planner's arithmetic: the joint law, prices, and the best design for a budget.
 * A copy of the Python in noisescaling.fitting and noisescaling.planning; the browser tests hold
 * the two to each other. A surface is {value: [i_max, u_snr, n0, s, u1], draws: [[...], ...],
 * cells, umis: the measured ranges or null, error: {scatter, misfit, growth} of a new point in
 * bits, entropy: the most bits or null}. */
"use strict";

const arithmetic = (() => {
  const STEPS = 50;
  const GOLDEN = (Math.sqrt(5) - 1) / 2;
  const MOST = 1e15;
  const ENDLESS = 1e100;
  /* Half a central 90 % interval of the normal distribution, in standard deviations. */
  const HALF_90 = 1.6448536269514722;

  /* Noise over signal of n cells at u UMIs each, under the parameters [i_max, u_snr, n0, s, u1]. */
  function noise([, uSnr, n0, s, u1], n, u) {
    return uSnr / u + Math.pow(n0 / n, s) * Math.pow(1 + u1 / u, 2);
  }

  /* Bits of n cells at u UMIs each. */
  function bits(parameters, n, u) {
    const heard = noise(parameters, n, u);
    if (heard === Infinity) return 0;
    return 0.5 * Math.log2((heard + 1) / (heard + Math.pow(2, -2 * parameters[0])));
  }

  /* Reads a cell that uncover u distinct UMIs of a library; infinite at saturation. */
  function reads(library, u) {
    const share = Math.min(u / library.complexity, 1);
    const usable = library.amplification === "even" ? -Math.log1p(-share) : share / (1 - share);
    return (library.complexity * usable) / library.usable;
  }

  /* Distinct UMIs a cell that r reads a cell uncover. */
  function umis(library, r) {
    const usable = library.usable * r;
    if (library.amplification === "even") {
      return -library.complexity * Math.expm1(-usable / library.complexity);
    }
    return (library.complexity * usable) / (library.complexity + usable);
  }

  /* Price of one cell at u UMIs; prices are {perCell, perUmi} or {perCell, perRead, library}. */
  function oneCell(prices, u) {
    const depth = prices.library ? prices.perRead * reads(prices.library, u) : prices.perUmi * u;
    return prices.perCell + depth;
  }

  /* UMIs that the price of one cell buys: the inverse of oneCell. */
  function depthFor(prices, price) {
    const left = price - prices.perCell;
    return prices.library ? umis(prices.library, left / prices.perRead) : left / prices.perUmi;
  }

  function clip(value, [low, high]) {
    return Math.min(Math.max(value, low), high);
  }

  /* Cells that a budget buys at u UMIs each. A market is {prices, limits: {cells, umis}}, each
   * limit a least and a most. */
  function cellsAt({ prices, limits }, budget, u) {
    return clip(budget / oneCell(prices, u), limits.cells);
  }

  /* Logarithms of the least and the most UMIs a cell for a budget. */
  function logDepths({ prices, limits }, budget) {
    // A library's last molecule costs infinitely many reads.
    const deepest = prices.library ? prices.library.complexity * (1 - 1e-9) : Infinity;
    const affordable = Math.min(depthFor(prices, budget / limits.cells[0]), deepest);
    return [Math.log(limits.umis[0]), Math.log(clip(affordable, limits.umis))];
  }

  /* Price of the smallest design within the limits. */
  function least({ prices, limits }) {
    return limits.cells[0] * oneCell(prices, limits.umis[0]);
  }

  /* Bits where money is no object. */
  function capacity(parameters, { prices, limits }) {
    const deepest = prices.library ? prices.library.complexity : Infinity;
    const u = Math.min(deepest, limits.umis[1], ENDLESS);
    return bits(parameters, Math.min(limits.cells[1], ENDLESS), u);
  }

  /* UMIs a cell at which the budget buys the most bits: the noise has one minimum on the line. */
  function bestDepth(parameters, market, budget) {
    const at = (logU) => {
      const u = Math.exp(logU);
      return noise(parameters, cellsAt(market, budget, u), u);
    };
    let [low, high] = logDepths(market, budget);
    let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    let [atLeft, atRight] = [at(left), at(right)];
    for (let i = 0; i < STEPS; i += 1) {
      if (atLeft > atRight) {
        [low, left, atLeft] = [left, right, atRight];
        right = low + GOLDEN * (high - low);
        atRight = at(right);
      } else {
        [high, right, atRight] = [right, left, atLeft];
        left = high - GOLDEN * (high - low);
        atLeft = at(left);
      }
    }
    return Math.exp(0.5 * (low + high));
  }

  function design(parameters, market, budget) {
    const u = bestDepth(parameters, market, budget);
    const n = cellsAt(market, budget, u);
    return { n, u, cost: n * oneCell(market.prices, u), bits: bits(parameters, n, u) };
  }

  /* Least budget whose best design reaches the target; infinite where none does. */
  function leastBudget(parameters, market, target) {
    const over = (logCost) => design(parameters, market, Math.exp(logCost)).bits - target;
    const low = Math.log(least(market));
    const high = low + Math.log(MOST);
    if (over(high) < 0) return Infinity;
    return over(low) >= 0 ? Math.exp(low) : Math.exp(root(over, low, high));
  }

  /* Root of a rising function between low and high: halving, then regula falsi (Illinois). */
  function root(rising, low, high) {
    while (high - low > 1) {
      const middle = 0.5 * (low + high);
      if (rising(middle) < 0) low = middle;
      else high = middle;
    }
    let [below, above] = [rising(low), rising(high)];
    for (let i = 0; i < STEPS && high - low > 1e-12; i += 1) {
      const middle = (low * above - high * below) / (above - below);
      const here = rising(middle);
      if (Math.abs(here) < 1e-13) return middle;
      if (here < 0) {
        [low, below] = [middle, here];
        above *= 0.5;
      } else {
        [high, above] = [middle, here];
        below *= 0.5;
      }
    }
    return high;
  }

  /* Shallowest and deepest UMIs a cell that spend the budget and lose at most `loss` bits. */
  function depthsWithin(parameters, market, budget, loss) {
    const best = design(parameters, market, budget);
    const enough = (logU) => {
      const u = Math.exp(logU);
      return bits(parameters, cellsAt(market, budget, u), u) >= best.bits - loss;
    };
    const crossing = (end) => {
      let [inside, outside] = [Math.log(best.u), end];
      if (enough(outside)) return Math.exp(outside);
      for (let i = 0; i < STEPS; i += 1) {
        const middle = 0.5 * (inside + outside);
        if (enough(middle)) inside = middle;
        else outside = middle;
      }
      return Math.exp(inside);
    };
    return logDepths(market, budget).map(crossing);
  }

  /* Bits that a share more of cells, of depth and of budget would add to a design. */
  function marginal(parameters, market, { n, u, bits: now, cost }, share = 0.1) {
    return {
      cells: bits(parameters, (1 + share) * n, u) - now,
      depth: bits(parameters, n, (1 + share) * u) - now,
      budget: design(parameters, market, (1 + share) * cost).bits - now,
    };
  }

  /* Doublings from the nearer end of a measured range; 0 inside it, or where there is none. */
  function beyond(asked, range) {
    return range ? Math.max(Math.log2(asked / range[1]), Math.log2(range[0] / asked), 0) : 0;
  }

  /* 90 % interval of a new measured point: spread of the draws, scatter, and the law's misfit. */
  function forecast({ value, draws, cells, umis, error, entropy }, n, u) {
    const best = bits(value, n, u);
    const squares = draws.map((drawn) => (bits(drawn, n, u) - best) ** 2);
    const spread = squares.reduce((sum, one) => sum + one, 0) / draws.length;
    const far = error.growth ** 2 * (beyond(n, cells) + beyond(u, umis));
    const half = HALF_90 * Math.sqrt(spread + error.scatter ** 2 + error.misfit ** 2 + far);
    return [Math.max(best - half, 0), Math.min(best + half, entropy ?? Infinity)];
  }

  /* Central 90 % interval of the draws; each end is one of them. */
  function interval(draws, level = 0.9) {
    const sorted = [...draws].sort((a, b) => a - b);
    const at = (q) => sorted[Math.max(Math.ceil(q * sorted.length - 1e-9), 1) - 1];
    return [at(0.5 - 0.5 * level), at(0.5 + 0.5 * level)];
  }

  /* The best design for a budget, and the spread over the draws: {design, cells, umis, ...}. */
  function plan(surface, market, budget, loss = 0.05) {
    const spread = surface.draws.map((drawn) => design(drawn, market, budget));
    return finish(surface, market, budget, spread, loss);
  }

  /* The cheapest design that reaches the target, with the same fields as a plan. */
  function cheapest(surface, market, target, loss = 0.05) {
    const budget = leastBudget(surface.value, market, target);
    const spread = surface.draws.map((drawn) => {
      const cost = leastBudget(drawn, market, target);
      if (cost < Infinity) return design(drawn, market, cost);
      return { n: Infinity, u: Infinity, cost, bits: NaN };
    });
    return finish(surface, market, budget, spread, loss);
  }

  function finish(surface, market, budget, spread, loss) {
    const best = design(surface.value, market, budget);
    const known = spread.length > 0;
    const over = (name) => (known ? interval(spread.map((one) => one[name])) : null);
    return {
      design: best,
      spread,
      cells: over("n"),
      umis: over("u"),
      cost: over("cost"),
      bits: known ? forecast(surface, best.n, best.u) : null,
      goodDepths: depthsWithin(surface.value, market, budget, loss),
      marginal: marginal(surface.value, market, best),
    };
  }

  /* Log-normal draws of parameters with independent errors, one row of normals z a draw. */
  function draw(value, errors, normals) {
    const bounded = (x) => Math.min(Math.max(x, 1e-15), 1e15);
    return normals.map((z) =>
      value.map((centre, i) => bounded(centre * Math.exp((z[i] * errors[i]) / centre))),
    );
  }

  const TWO_DIGITS = { maximumSignificantDigits: 2 };
  const plain = new Intl.NumberFormat("en-US", TWO_DIGITS);
  const scientific = new Intl.NumberFormat("en-US", { ...TWO_DIGITS, notation: "scientific" });

  /* Ten to a whole power, such as 10²⁵. */
  function power(exponent) {
    return `10${[...String(exponent)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")}`;
  }

  /* Two significant digits, commas between thousands; from 10^12, and below 10^-6, powers. */
  function thousands(value) {
    if (value === 0 || !Number.isFinite(value)) return value === 0 ? "0" : "unlimited";
    const [digits, exponent] = scientific.format(value).split("E");
    if (exponent >= -6 && exponent < 12) return plain.format(value);
    return `${digits} × ${power(exponent)}`;
  }

  return {
    bits,
    reads,
    umis,
    oneCell,
    depthFor,
    least,
    capacity,
    design,
    leastBudget,
    forecast,
    interval,
    plan,
    cheapest,
    draw,
    power,
    thousands,
  };
})();
