/* What a plan says in words: the sentence, its detail, warnings and the picture's caption. */
"use strict";

const words = (() => {
  const { thousands } = arithmetic;

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
    const [n, u] = [found.design.n, found.design.u].map((x) => thousands(Math.round(x)));
    const told = `${n} ${n === "1" ? "cell" : "cells"}`;
    return `${verdict(found.design, reference(asked, found))}${told} at ${u} UMIs`;
  }

  function detail(asked, found, loss) {
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
        `loses at most ${loss} bits.`,
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
    if (limit !== null) told.push(`held at a limit: ${unit} ${thousands(limit)}`);
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

  return { sentence, detail, warnings, caption };
})();
