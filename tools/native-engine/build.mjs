#!/usr/bin/env node
import { isBuildError, refusedBySystem } from './build-error.mjs';
import { buildNativeEngine, checkNativeEngine } from './native-engine.mjs';
import { parseOptions } from './options.mjs';
import { createReport } from './report.mjs';

const options = parseOptions(process.argv.slice(2), process.env);
const report = createReport((line) => console.log(line));
try {
  if (options.check) process.exitCode = (await checkNativeEngine(options, report)) ? 0 : 1;
  else await buildNativeEngine(options, report);
} catch (error) {
  const reported = isBuildError(error) ? error : refusedBySystem(error);
  if (reported === undefined) throw error;
  console.error(`\n${reported.message}`);
  process.exitCode = 1;
}
