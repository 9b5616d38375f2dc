/* Long tables of outputs can be sorted by any column and filtered by a word; they open with ten
 * rows and show the others when a reader wants them. On paper, all rows are there. */
"use strict";

(() => {
  const SORTED_FROM = 8; // rows from which sorting helps
  const FILTERED_FROM = 20;
  const OPENED_WITH = 10;
  const FOLDED_FROM = 13; // a button for two rows saves nothing

  /* What a cell sorts by: its leading number, a word, or nothing (which goes last either way). */
  function key(cell) {
    const text = cell.textContent.trim();
    if (text === "" || /^(nan|–|none)$/i.test(text)) return null;
    const plain = text.replace(/(\d),(?=\d{3})/g, "$1").replace("−", "-");
    if (/^-?(inf|∞)/.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
    const number = plain.match(/^[<>≤≥]?\s*([-+]?\d*\.?\d+(?:e[-+]?\d+)?)/i);
    return number ? Number(number[1]) : text;
  }

  /* Numbers before words. */
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a - b;
    if (typeof a === typeof b) return a.localeCompare(b);
    return typeof a === "number" ? -1 : 1;
  }

  function sort(table, column, down) {
    const rows = [...table.tBodies[0].rows].map((row) => [key(row.cells[column]), row]);
    const [empty, full] = [rows.filter(([k]) => k === null), rows.filter(([k]) => k !== null)];
    full.sort(([a], [b]) => (down ? compare(b, a) : compare(a, b)));
    table.tBodies[0].append(...[...full, ...empty].map(([, row]) => row));
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    fold(table);
  }

  /* Hides rows beyond the first ten in the order of now, unless the table shows all or is filtered. */
  function fold(table) {
    const folded = table.dataset.folded === "true";
    [...table.tBodies[0].rows].forEach((row, i) => {
      row.classList.toggle("beyond", folded && i >= OPENED_WITH);
    });
  }

  /* A button below the table that shows all rows, or again the first ten. */
  function addFolding(table) {
    const button = document.createElement("button");
    const set = (folded) => {
      table.dataset.folded = folded;
      button.textContent = folded
        ? `Show all ${table.tBodies[0].rows.length} rows`
        : `Show the first ${OPENED_WITH} rows`;
      fold(table);
    };
    button.type = "button";
    button.className = "unfold";
    button.addEventListener("click", () => set(table.dataset.folded !== "true"));
    set(true);
    table.closest(".output").after(button);
  }

  /* One row of headers where pandas writes two: names of the index below those of the columns. */
  function mergeHeads(head) {
    if (head.rows.length === 1) return true;
    const [above, below] = [...head.rows].map((row) => [...row.cells]);
    const named = (cell) => cell.textContent.trim() !== "";
    if (head.rows.length > 2 || above.some((cell, i) => named(cell) && named(below[i]))) return false;
    above.forEach((cell, i) => named(cell) || cell.replaceWith(below[i]));
    head.rows[1].remove();
    return true;
  }

  /* Repeats a cell that spans rows in each of them, so that the rows can part. */
  function spread(body) {
    const open = []; // by column: a cell, and how many rows it still spans
    for (const row of body.rows) {
      open.forEach((held, i) => {
        if (held.left < 1) return;
        row.insertBefore(held.cell.cloneNode(true), row.cells[i] ?? null);
        held.left -= 1;
      });
      [...row.cells].forEach((cell, i) => {
        if (cell.rowSpan === 1) return;
        open[i] = { cell, left: cell.rowSpan - 1 };
        cell.removeAttribute("rowspan");
      });
    }
  }

  function addSorting(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.tagName !== "TH") return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        sort(table, column, head.getAttribute("aria-sort") === "ascending");
      });
    });
  }

  function addFilter(table) {
    const rows = [...table.tBodies[0].rows];
    const label = document.createElement("label");
    const field = Object.assign(document.createElement("input"), { type: "search" });
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    label.className = "filter";
    label.append("Rows that hold ", field, " ", count);
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/);
      table.classList.toggle("filtered", field.value.trim() !== "");
      for (const row of rows) {
        const text = [...row.cells].map((cell) => cell.textContent.toLowerCase()).join(" ");
        row.hidden = !words.every((word) => text.includes(word));
      }
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    });
    table.closest(".output").before(label);
  }

  function start() {
    for (const table of document.querySelectorAll(".cell_output .output table.dataframe")) {
      const rows = table.tHead && table.tBodies[0] ? table.tBodies[0].rows : [];
      if (rows.length < SORTED_FROM || table.querySelector("[colspan]")) continue;
      if (!mergeHeads(table.tHead)) continue;
      spread(table.tBodies[0]);
      addSorting(table);
      if (rows.length >= FILTERED_FROM) addFilter(table);
      if (rows.length >= FOLDED_FROM) addFolding(table);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
