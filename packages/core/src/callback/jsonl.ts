import { nodeModule } from '../platform/node-module.js';
import type { Callback } from '../train/callback.js';

/**
 * Writes every epoch's report as one line of JSON (Node). A resumed run rewrites the file from its history first, so that
 * it never holds a line twice or one that was lost.
 *
 * @param file path; its folder is made
 */
export function jsonl(file: string): Callback {
  const fs = nodeModule('node:fs/promises', 'metrics in a file');
  const path = nodeModule('node:path', 'metrics in a file');
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
  return {
    name: 'jsonl',
    async start({ history }) {
      await fs.mkdir(path.dirname(file), { recursive: true });
      await fs.writeFile(file, history.map(line).join(''));
    },
    epoch: (report) => fs.appendFile(file, line(report)),
  };
}
