/* The picture: bits as colour over cells and depth, contours, the budget's line, the optimum. */
"use strict";

const picture = (() => {
  const MARGIN = { left: 72, right: 12, top: 10, bottom: 46 };
  const SVG = "http://www.w3.org/2000/svg";
  /* Viridis at eight places. */
  const COLOURS = [
    [68, 1, 84],
    [70, 50, 126],
    [54, 92, 141],
    [39, 127, 142],
    [31, 161, 135],
    [74, 193, 109],
    [160, 218, 57],
    [253, 231, 37],
  ];

  function colour(share) {
    const place = Math.min(Math.max(share, 0), 1) * (COLOURS.length - 1);
    const i = Math.min(Math.floor(place), COLOURS.length - 2);
    return COLOURS[i].map((low, k) => low + (place - i) * (COLOURS[i + 1][k] - low));
  }

  function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* Least and most of what must be seen along an axis, as logarithms with some room. */
  function reach(values) {
    const seen = values.filter((value) => value > 0 && value < 1e100).map(Math.log);
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    const room = Math.max(0.06 * (high - low), 0.7);
    return [Math.max(low - room, 0), high + room];
  }

  function view(asked, found) {
    const { cells, umis } = asked.surface;
    const { n, u } = found.design;
    const now = asked.current ?? { n, u };
    return {
      n: reach([n, now.n, ...(cells ?? [n / 30, n * 30]), ...(found.cells ?? [])]),
      u: reach([u, now.u, ...(umis ?? [u / 30, u * 30]), ...(found.umis ?? [])]),
    };
  }

  /* Maps cells and UMIs to places on the picture, and back. */
  function scales(box, seen) {
    const { left, right, top, bottom } = MARGIN;
    const [width, height] = [box.width - left - right, box.height - top - bottom];
    const [n0, n1] = seen.n;
    const [u0, u1] = seen.u;
    return {
      ...{ left, top, width, height },
      x: (n) => left + ((Math.log(n) - n0) / (n1 - n0)) * width,
      y: (u) => top + (1 - (Math.log(u) - u0) / (u1 - u0)) * height,
      n: (share) => Math.exp(n0 + share * (n1 - n0)),
      u: (share) => Math.exp(u0 + share * (u1 - u0)),
    };
  }

  function heat(canvas, asked, scale, most) {
    const [across, up] = [150, 110];
    canvas.width = across;
    canvas.height = up;
    const style = canvas.style;
    [style.left, style.top] = [`${scale.left}px`, `${scale.top}px`];
    [style.width, style.height] = [`${scale.width}px`, `${scale.height}px`];
    const context = canvas.getContext("2d");
    const image = context.createImageData(across, up);
    for (let j = 0; j < up; j += 1) {
      for (let i = 0; i < across; i += 1) {
        const n = scale.n((i + 0.5) / across);
        const u = scale.u(1 - (j + 0.5) / up);
        const share = arithmetic.bits(asked.surface.value, n, u) / (most || 1);
        image.data.set([...colour(share), 255], 4 * (j * across + i));
      }
    }
    context.putImageData(image, 0, 0);
  }

  /* Place between 0 and 1 at which a rising function passes a level; null if it does not. */
  function crossing(rising, level) {
    if (rising(0) > level || rising(1) < level) return null;
    let [low, high] = [0, 1];
    for (let i = 0; i < 30; i += 1) {
      const middle = 0.5 * (low + high);
      if (rising(middle) < level) low = middle;
      else high = middle;
    }
    return 0.5 * (low + high);
  }

  /* Points of equal bits; sampled along both axes, since a contour is flat at either end. */
  function contour(value, scale, level) {
    const points = [];
    for (let i = 0; i <= 80; i += 1) {
      const [n, u] = [scale.n(i / 80), scale.u(i / 80)];
      const up = crossing((share) => arithmetic.bits(value, n, scale.u(share)), level);
      const along = crossing((share) => arithmetic.bits(value, scale.n(share), u), level);
      if (up !== null) points.push([scale.x(n), scale.y(scale.u(up))]);
      if (along !== null) points.push([scale.x(scale.n(along)), scale.y(u)]);
    }
    return points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }

  function levels(most) {
    const step = [0.05, 0.1, 0.25, 0.5, 1, 2, 5].find((size) => most / size <= 9) ?? most / 9;
    const count = Math.floor(most / step);
    return Array.from({ length: count }, (_, i) => (i + 1) * step);
  }

  function path(points) {
    return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  }

  function contours(svg, asked, scale, most) {
    for (const level of levels(most)) {
      const points = contour(asked.surface.value, scale, level);
      if (points.length < 2) continue;
      svg.append(element("path", { d: path(points), class: "on-map contour" }));
      const [x, y] = points[Math.floor(points.length * 0.5)];
      const text = `${Number(level.toFixed(2))}`;
      svg.append(element("text", { x, y: y + 4, class: "on-map", "text-anchor": "middle" }, text));
    }
  }

  /* The line of designs that cost the same, inside the picture. */
  function budgetLine(asked, budget, scale) {
    const points = [];
    for (let i = 0; i <= 200; i += 1) {
      const u = scale.u(i / 200);
      const price = arithmetic.oneCell(asked.market.prices, u);
      if (price < Infinity && budget / price >= 1) points.push([scale.x(budget / price), scale.y(u)]);
    }
    return points;
  }

  function ticks(svg, scale, seen) {
    const { left, top, width, height } = scale;
    svg.append(element("rect", { x: left, y: top, width, height, class: "axis", fill: "none" }));
    const decades = ([low, high]) => {
      const first = Math.ceil(low / Math.LN10 - 1e-9);
      const last = Math.floor(high / Math.LN10);
      const every = Math.ceil((last - first + 1) / 7);
      const powers = [];
      for (let exponent = first; exponent <= last; exponent += every) powers.push(10 ** exponent);
      return powers;
    };
    const told = (value) =>
      value >= 1e6 ? arithmetic.power(Math.round(Math.log10(value))) : arithmetic.thousands(value);
    for (const n of decades(seen.n)) {
      const x = scale.x(n);
      svg.append(element("path", { d: `M${x} ${top + height}v5`, class: "axis" }));
      svg.append(
        element("text", { x, y: top + height + 18, "text-anchor": "middle" }, told(n)),
      );
    }
    for (const u of decades(seen.u)) {
      const y = scale.y(u);
      svg.append(element("path", { d: `M${left} ${y}h-5`, class: "axis" }));
      svg.append(element("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, told(u)));
    }
    const middle = { "text-anchor": "middle" };
    svg.append(
      element("text", { x: left + width / 2, y: top + height + 38, ...middle }, "cells"),
      element(
        "text",
        { transform: `translate(13 ${top + height / 2}) rotate(-90)`, ...middle },
        "UMIs per cell",
      ),
    );
  }

  function measured(svg, surface, scale) {
    if (!surface.cells || !surface.umis) return;
    const [x, y] = [scale.x(surface.cells[0]), scale.y(surface.umis[1])];
    const width = scale.x(surface.cells[1]) - x;
    const height = scale.y(surface.umis[0]) - y;
    svg.append(element("rect", { x, y, width, height, class: "on-map measured" }));
  }

  function marks(svg, asked, found, scale) {
    for (const { n, u } of found.spread) {
      if (Number.isFinite(n)) {
        svg.append(element("circle", { cx: scale.x(n), cy: scale.y(u), r: 2.5, class: "draw" }));
      }
    }
    if (asked.current) {
      const [x, y] = [scale.x(asked.current.n), scale.y(asked.current.u)];
      const corner = { x: x - 5, y: y - 5, width: 10, height: 10 };
      svg.append(element("rect", { ...corner, class: "reference" }));
    }
    const { n, u } = found.design;
    svg.append(element("circle", { cx: scale.x(n), cy: scale.y(u), r: 7, class: "optimum" }));
  }

  /* Draws the whole picture into a holder, in the holder's present size. */
  function draw(holder, asked, found) {
    const box = { width: holder.clientWidth, height: holder.clientHeight };
    if (box.width < 150) return;
    const seen = view(asked, found);
    const scale = scales(box, seen);
    const canvas = document.createElement("canvas");
    const most = arithmetic.bits(asked.surface.value, scale.n(1), scale.u(1));
    heat(canvas, asked, scale, most);
    const svg = element("svg", { viewBox: `0 0 ${box.width} ${box.height}`, "aria-hidden": "true" });
    const inside = element("svg", {
      ...{ x: scale.left, y: scale.top, width: scale.width, height: scale.height },
      viewBox: `${scale.left} ${scale.top} ${scale.width} ${scale.height}`,
    });
    svg.append(inside);
    contours(inside, asked, scale, most);
    measured(inside, asked.surface, scale);
    const line = path(budgetLine(asked, found.design.cost, scale));
    inside.append(element("path", { d: line, class: "on-map budget" }));
    marks(inside, asked, found, scale);
    ticks(svg, scale, seen);
    holder.replaceChildren(canvas, svg);
  }

  return { draw };
})();
