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

  function body(table, rows) {
    table.tBodies[0].replaceChildren(...rows.map((cells) => row(cells, false)));
  }

  /* What 10 % more would add. */
  function marginal(table, { marginal: gain }) {
    body(table, [
      ["cells", gain.cells.toFixed(3)],
      ["UMIs a cell", gain.depth.toFixed(3)],
      ["budget, spent at best", gain.budget.toFixed(3)],
    ]);
  }

  /* Designs of the same price, from an eighth of the best depth to eight times. */
  function line(table, asked, { u, cost }) {
    const designs = [u / 8, u / 4, u / 2, u, 2 * u, 4 * u, 8 * u]
      .map((depth) => [depth, cost / arithmetic.oneCell(asked.market.prices, depth)])
      .filter(([depth, number]) => depth >= 1 && number >= 1);
    const told = designs.map(([depth, number]) => [
      thousands(depth),
      thousands(number),
      arithmetic.bits(asked.surface.value, number, depth).toFixed(2),
    ]);
    body(table, told);
  }

  /* The surface over the measured range, or about the design where nothing was measured. */
  function surface(table, { value, cells, umis }, { n, u }) {
    const columns = spaced(cells ?? [Math.max(n / 30, 1), n * 30], 5);
    const depths = spaced(umis ?? [Math.max(u / 30, 1), u * 30], 6);
    table.tHead.replaceChildren(row(["UMIs a cell", ...columns.map(thousands)], true));
    const bits = (number, depth) => arithmetic.bits(value, number, depth).toFixed(2);
    body(
      table,
      depths.map((depth) => [thousands(depth), ...columns.map((number) => bits(number, depth))]),
    );
  }

  /* Fills the three tables, found by their names. */
  function fill(named, asked, found) {
    marginal(named("marginal"), found);
    line(named("line"), asked, found.design);
    surface(named("surface"), asked.surface, found.design);
  }

  return { fill };
})();
