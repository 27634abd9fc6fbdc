import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Answer, Question } from './child-process.js';
import { targets } from './targets/index.js';

/*
 * The process that hands cases to the product, one at a time. It may hang, run out of memory or be ended from inside: the
 * other process (child-process.ts) sees to that.
 */

const [root = ''] = process.argv.slice(2);
const answer = (value: Answer): void => void process.send?.(value);

async function check({ target: name, input }: Question): Promise<Answer> {
  const found = targets.find((each) => each.name === name);
  if (found === undefined) return { fault: `no target ${name}` };
  const folder = join(root, 'case');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const begun = performance.now();
  try {
    const outcome = await found.check(input, folder);
    const milliseconds = performance.now() - begun;
    return { outcome, milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
  } catch (error) {
    return { fault: error instanceof Error ? (error.stack ?? error.message) : inspect(error) };
  }
}

process.on('message', (question: Question) => {
  void check(question).then(answer);
});
// Whoever asked has ended.
process.on('disconnect', () => process.exit());
// What nobody waits for fails too.
process.on('unhandledRejection', (reason) => {
  process.stderr.write(`A promise that nobody waits for: ${inspect(reason)}\n`);
  process.exit(70);
});
