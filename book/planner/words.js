/* What a plan says in words: the sentence, its detail, warnings and the picture's caption. */
"use strict";

const words = (() => {
  const { thousands } = arithmetic;

  function between(range, unit) {
    return `${thousands(range[0])} to ${thousands(range[1])} ${unit}`;
  }

  /* The present design, or else the deepest measured for the same money, and what it is called. */
  function reference(asked, found) {
    if (asked.current) return { ...asked.current, name: "the present design" };
    const { prices } = asked.market;
    const { umis } = asked.surface;
    if (!umis || (prices.library && umis[1] >= prices.library.complexity)) return null;
    const n = found.design.cost / arithmetic.oneCell(prices, umis[1]);
    return n >= 1 ? { n, u: umis[1], name: "the deepest measured" } : null;
  }

  function verdict(design, other) {
    const ratio = design.u / other.u;
    if (ratio > 1.1) return "deeper than";
    if (ratio >= 1 / 1.1) return "the same depth as";
    return design.n > other.n ? "more cells, shallower than" : "shallower than";
  }

  function depth({ prices }, u) {
    const reads = prices.library
      ? ` and ${thousands(arithmetic.reads(prices.library, u))} reads`
      : "";
    return `${thousands(Math.round(u))} UMIs${reads} per cell`;
  }

  /* The plan in plain words; how repeats contradict the law comes before any number of it. */
  function sentence(asked, found) {
    const { misfit } = asked.surface;
    const told = best(asked, found);
    if (!misfit) return told;
    const held = `Rejected by repeats: ${misfit}; the intervals hold that`;
    return `${held}. Under the law the best is ${told}`;
  }

  function best(asked, found) {
    const n = thousands(Math.round(found.design.n));
    const told = `${n} ${n === "1" ? "cell" : "cells"} at ${depth(asked.market, found.design.u)}`;
    const other = reference(asked, found);
    if (!other) return told;
    const than = `${other.name} (${thousands(other.u)} UMIs per cell)`;
    return `${told}: ${verdict(found.design, other)} ${than}`;
  }

  /* The reads of a whole design, and the lanes of the sequencer that they fill. */
  function sequencing({ prices }, { n, u }) {
    if (!prices.library) return "";
    const reads = n * arithmetic.reads(prices.library, u);
    return (
      ` Its ${thousands(reads)} reads in all fill ${thousands(reads / prices.lane)} ` +
      `lanes of ${thousands(prices.lane)} reads.`
    );
  }

  function detail(asked, found, loss) {
    const { bits, cost } = found.design;
    const told = [`This design carries ${bits.toFixed(2)} bits and costs ${thousands(cost)}.`];
    told[0] += sequencing(asked.market, found.design);
    if (found.umis) {
      told.push(
        `A measurement of it would give ${found.bits[0].toFixed(2)} to ` +
          `${found.bits[1].toFixed(2)} bits (90 %, with the law's misfit). ` +
          `The fit's uncertainty (90 %) puts the best at ${between(found.cells, "cells")}, ` +
          `${between(found.umis, "UMIs per cell")}` +
          `${asked.aim === "bits" ? `, a price of ${between(found.cost, "").trimEnd()}` : ""}.`,
      );
    } else {
      told.push("No errors of the parameters were given, so there is no interval.");
    }
    told.push(
      `For the same money, any depth from ${between(found.goodDepths, "UMIs per cell")} ` +
        `loses at most ${loss} bits.`,
    );
    const other = reference(asked, found);
    if (other) told.push(comparison(asked, other));
    return told.join(" ");
  }

  function comparison(asked, other) {
    const have = arithmetic.bits(asked.surface.value, other.n, other.u);
    const name = asked.current ? "The present design" : "The deepest measured, for the same money,";
    const price = thousands(other.n * arithmetic.oneCell(asked.market.prices, other.u));
    const carries = `carries ${have.toFixed(2)} bits${asked.current ? ` and costs ${price}` : ""}`;
    return `${name} has ${thousands(other.n)} cells at ${depth(asked.market, other.u)} and ${carries}.`;
  }

  function warnings(asked, found) {
    const { surface, market } = asked;
    const told = [];
    const axes = [
      ["cells", found.design.n, surface.cells, market.limits.cells],
      ["UMIs per cell", found.design.u, surface.umis, market.limits.umis],
    ];
    for (const [unit, value, measured, limits] of axes) {
      if (measured && !(value >= measured[0] * (1 - 1e-9) && value <= measured[1] * (1 + 1e-9))) {
        const alone = `${thousands(measured[0])} alone`;
        const range = measured[0] < measured[1] ? between(measured, "").trimEnd() : alone;
        told.push(`extrapolated: the plan has ${thousands(value)} ${unit}, measured were ${range}`);
      }
      const [low, high] = limits;
      const limit = value <= low * 1.001 ? low : value >= high * 0.999 ? high : null;
      if (limit !== null) told.push(`held at the limit of ${thousands(limit)} ${unit}`);
    }
    return told;
  }

  function caption(asked, found) {
    const known = found.umis ? " Pale dots: the best designs under draws of the fit." : "";
    const now = asked.current ? " White square: the present design." : "";
    const area = asked.surface.cells ? " Dashed: the range that was measured." : "";
    return (
      "Information (bits, brighter is more) over cells and UMIs per cell. Thick line: designs that " +
      `cost ${thousands(found.design.cost)}. Orange dot: the best, ${best(asked, found)}.` +
      known +
      now +
      area
    );
  }

  return { sentence, detail, warnings, caption };
})();
