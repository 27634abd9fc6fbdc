#!/usr/bin/env node
import { measure } from './measure.mjs';
import { parseOptions } from './options.mjs';
import { jsonOf, textOf } from './print.mjs';
import { resultsOf, ROWS } from './rows.mjs';
import { buildBench } from './sides.mjs';

const options = parseOptions(process.argv.slice(2));
/** @param {string} text */
const say = (text) => {
  console.error(text);
};
if (options.bench === undefined) {
  say('building distill-bench');
  await buildBench();
}
const found = await measure(options, say);
const rows = ROWS.filter(({ part }) => options.parts.includes(part));
const results = resultsOf(rows, found.rounds, found.missing);
console.log(
  options.json ? JSON.stringify(jsonOf(results, found, options), null, 2) : textOf(results, found, options),
);
