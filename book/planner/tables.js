/* The same as the picture, in tables. */
"use strict";

const tables = (() => {
  const { thousands } = arithmetic;

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

  /* What 10 % more would add. */
  function marginal({ marginal: gain }) {
    return [
      ["cells", gain.cells.toFixed(3)],
      ["UMIs per cell", gain.depth.toFixed(3)],
      ["budget, spent at best", gain.budget.toFixed(3)],
    ];
  }

  /* Designs of the same price, from an eighth of the best depth to eight times. */
  function line({ surface: law, market: { prices } }, { u, cost }) {
    return [u / 8, u / 4, u / 2, u, 2 * u, 4 * u, 8 * u]
      .map((depth) => [depth, cost / arithmetic.oneCell(prices, depth)])
      .filter(([depth, number]) => depth >= 1 && number >= 1)
      .map(([depth, number]) => {
        const bits = arithmetic.bits(law.value, number, depth).toFixed(2);
        if (!prices.library) return [thousands(depth), "–", thousands(number), "–", bits];
        const reads = arithmetic.reads(prices.library, depth);
        const lanes = (number * reads) / prices.lane;
        return [...[depth, reads, number, lanes].map(thousands), bits];
      });
  }

  /* The surface over the measured range, or about the design where nothing was measured. */
  function surface({ value, cells, umis }, { n, u }) {
    const columns = spaced(cells ?? [Math.max(n / 30, 1), n * 30], 5);
    const depths = spaced(umis ?? [Math.max(u / 30, 1), u * 30], 6);
    const bits = (number, depth) => arithmetic.bits(value, number, depth).toFixed(2);
    return {
      head: ["UMIs per cell", ...columns.map(thousands)],
      rows: depths.map((depth) => [thousands(depth), ...columns.map((one) => bits(one, depth))]),
    };
  }

  /* All that the three tables will show, before anything is shown. */
  function make(asked, found) {
    return {
      marginal: { rows: marginal(found) },
      line: { rows: line(asked, found.design) },
      surface: surface(asked.surface, found.design),
    };
  }

  /* Fills the tables, found by their names. */
  function fill(named, made) {
    for (const [name, { head, rows }] of Object.entries(made)) {
      const table = named(name);
      if (head) table.tHead.replaceChildren(row(head, true));
      table.tBodies[0].replaceChildren(...rows.map((cells) => row(cells, false)));
    }
  }

  return { make, fill };
})();
