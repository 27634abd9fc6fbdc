import { performance } from 'node:perf_hooks';

/**
 * Reports the builder's progress: numbered steps with their facts.
 *
 * @typedef {object} Report
 * @property {(title: string) => void} step
 * @property {(text: string) => void} fact
 */

/**
 * A {@link Report} that writes lines through `write`.
 *
 * @param {(line: string) => void} write
 * @returns {Report}
 */
export function createReport(write) {
  let steps = 0;
  return {
    step(title) {
      steps += 1;
      write(`${steps}. ${title}`);
    },
    fact(text) {
      write(`   ${text.replaceAll('\n', '\n   ')}`);
    },
  };
}

/**
 * Decimal units, as package registries print them.
 *
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Starts a clock; the returned function gives the time since then, as `1.2 s`. */
export function startClock() {
  const start = performance.now();
  return () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
