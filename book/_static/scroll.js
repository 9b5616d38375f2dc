/* Marks equations, tables and code that are wider than their place, so that the page can say so. */
"use strict";

(() => {
  const WIDE =
    "div.math mjx-container, .cell_output > .output, .pst-scrollable-table-container, .highlight pre";

  function mark() {
    for (const one of document.querySelectorAll(WIDE)) {
      const place = one.closest("div.math") ?? one;
      place.classList.toggle("wider", one.scrollWidth > one.clientWidth + 1);
    }
  }

  // Formulas, letters and sorted tables settle after the page has loaded.
  const watch = new ResizeObserver(mark);

  window.addEventListener("resize", mark);
  window.addEventListener("load", async () => {
    mark();
    for (const one of [document.body, ...document.querySelectorAll(WIDE)]) watch.observe(one);
    await window.MathJax?.startup?.promise;
    mark();
  });
})();
