import { progress } from '@distilljs/core';
import { styled, terminalMeter } from '../terminal/index.js';
import type { RunLog } from '../run/run-context.js';

/**
 * Says what a run does on standard error, so that standard output holds the result alone: a bar on a terminal, one line
 * per epoch elsewhere.
 */
export function terminalLog(stream: NodeJS.WriteStream = process.stderr): RunLog {
  return {
    say: (text) =>
      void stream.write(`${text.replace(/^Warning:/, (word) => styled('warning', word, stream))}\n`),
    progress: (label) => progress({ stream, label }),
    meter: (title, total) => terminalMeter(title, total, stream),
  };
}
