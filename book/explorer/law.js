/* The noise law of d equal channels that share a capacity: a copy of effective_dimension_law,
 * snr_one and noise_law_quality in noisescaling.fitting.laws; the browser tests hold the two to
 * each other. A law is {iMax, uBar, d}: bits, quality, channels. */
"use strict";

const law = (() => {
  /* What is missing at u_95, in bits. */
  const SHORT = -Math.log2(0.95);

  /* Share of a channel's variance that clean data leave open about the signal. */
  function open({ iMax, d }) {
    return Math.pow(2, (-2 * iMax) / d);
  }

  function bits(one, u) {
    const x = u / one.uBar;
    return one.iMax - 0.5 * one.d * Math.log2((1 + x) / (x + open(one)));
  }

  /* Quality at which the law gives some bits; null where none does. */
  function quality(one, wanted) {
    if (!(wanted >= 0 && wanted < one.iMax)) return null;
    const share = Math.pow(2, (2 * (wanted - one.iMax)) / one.d);
    return (one.uBar * (share - open(one))) / (1 - share);
  }

  /* Quality at which signal and noise of a channel are equal. */
  function uSnr(one) {
    return one.uBar * open(one);
  }

  function u95(one) {
    return quality(one, one.iMax - SHORT);
  }

  /* Most bits that a doubling of quality adds anywhere on the curve, as a slope. */
  function steepest({ iMax, d }) {
    return 0.5 * d * Math.tanh((Math.LN2 * iMax) / (2 * d));
  }

  /* The law with its capacity held at or below the entropy of the labels; null is no limit. */
  function capped(one, entropy) {
    return { ...one, iMax: Math.min(one.iMax, entropy ?? Infinity) };
  }

  return { SHORT, bits, quality, uSnr, u95, steepest, capped };
})();
