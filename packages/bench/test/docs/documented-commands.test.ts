import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addAnswerCommands } from '../../src/cli/answer-commands.js';
import { addClusterCommands } from '../../src/cli/cluster-commands.js';
import { addOtherCommands } from '../../src/cli/other-commands.js';
import { addQueueCommands } from '../../src/cli/queue-commands.js';
import { addRunCommands } from '../../src/cli/run-commands.js';
import { configOf } from '../../src/cli/run-flags.js';
import type { RunFlags } from '../../src/cli/run-flags.js';

const root = join(import.meta.dirname, '../../../..');
const pages = [
  'README.md',
  ...['docs', 'docs/techniques'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((file) => `${folder}/${file}`),
  ),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
].filter((page) => page.endsWith('.md') && existsSync(join(root, page)));

/** Every command of the pages, once: in blocks of code, where a line may go on in the next, and in the text. */
const commands = new Map<string, string>();
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/\\\n\s*/g, ' ');
  const blocks = text.split(/^ *```.*$/m);
  const lines = blocks.filter((_, at) => at % 2 === 1).join('\n');
  const spans = blocks.filter((_, at) => at % 2 === 0).flatMap((part) => part.match(/`[^`]+`/g) ?? []);
  for (const code of [...lines.split('\n'), ...spans.map((span) => span.replaceAll(/[`\s]+/g, ' '))]) {
    const [, command] = /(?<![\w-])distill-bench ([a-z]+ [^#;|&>]*)/.exec(code) ?? [];
    if (command !== undefined) commands.set(command.trim(), page);
  }
}

function program(): Command {
  const all = new Command();
  for (const add of [addRunCommands, addQueueCommands, addAnswerCommands, addOtherCommands])
    add(all, () => {});
  addClusterCommands(all);
  return all;
}

/** What stands for a name or a file of the reader's own. */
const isReaders = ({ preset, config }: Partial<RunFlags>): boolean =>
  preset === 'NAME' || (config !== undefined && !existsSync(join(root, config)));

describe('the commands of the pages', () => {
  it('are found', () => {
    expect(commands.size).toBeGreaterThan(60);
  });

  it.each([...commands])('distill-bench %s (%s)', async (command) => {
    const [name = '', ...given] = command
      .split(/ +(?=(?:[^']*'[^']*')*[^']*$)/)
      .map((word) => word.replaceAll("'", ''));
    const found = program().commands.find((each) => each.name() === name);
    expect(found?.name()).toBe(name);
    const { unknown } = (found as Command).parseOptions(given);
    expect(unknown).toEqual([]);
    const flags = (found as Command).opts<Partial<RunFlags>>();
    if (name !== 'run' || isReaders(flags) || (flags.preset ?? flags.config) === undefined) return;
    const config = flags.config === undefined ? undefined : join(root, flags.config);
    await expect(
      configOf({ out: 'out', ...flags, ...(config !== undefined && { config }) }),
    ).resolves.toBeDefined();
  });
});
