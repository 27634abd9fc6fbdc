import { shownText } from '@distilljs/core';
import { Command, CommanderError, Help } from 'commander';
import { addClusterCommands } from './cli/cluster-commands.js';
import { addAnswerCommands } from './cli/answer-commands.js';
import { EXIT } from './cli/process.js';
import type { ExitCode } from './cli/process.js';
import { addOtherCommands } from './cli/other-commands.js';
import { guardProcess, reportError } from './cli/output.js';
import { addQueueCommands } from './cli/queue-commands.js';
import { addRunCommands } from './cli/run-commands.js';
import { packageVersions } from './run/environment.js';

const EXAMPLES = `
Examples:
  distill-bench doctor                                  which engines work here
  distill-bench run --preset quick --out runs/quick     a first comparison, on made-up images
  distill-bench run --preset folder --data-dir photos --methods student,kd --out runs/photos
  distill-bench export runs/photos kd 0 --to student    the student as a folder, with a page that uses it

Guide: https://github.com/distilljs/distilljs/blob/main/docs/start.md`;

/** A description with less width than this beside its term goes below it. */
const LEAST_BESIDE = 40;

/** Commander does not wrap descriptions in narrow terminals. */
const NARROW_HELP: Partial<Help> = {
  minWidthToWrap: 20,
  formatItem(this: Help, term, termWidth, description, helper) {
    const width = helper.helpWidth ?? 80;
    if (width - termWidth >= LEAST_BESIDE || description === '')
      return Help.prototype.formatItem.call(this, term, termWidth, description, helper);
    const below = helper.boxWrap(description, width - BELOW.length).replaceAll('\n', `\n${BELOW}`);
    return `  ${term}\n${BELOW}${below}`;
  },
};
const BELOW = '      ';

/**
 * The command line `distill-bench`.
 *
 * @param argv arguments without node and script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted
 */
export async function main(argv: readonly string[]): Promise<number> {
  const release = guardProcess(argv);
  let code: ExitCode = EXIT.done;
  try {
    await buildProgram((result) => {
      code = result;
    }).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    else code = reportError(error, argv);
  }
  return await release(code);
}

function buildProgram(done: (code: ExitCode) => void): Command {
  const program = new Command('distill-bench')
    .description('Compares knowledge-distillation techniques for TensorFlow.js.')
    .version(
      packageVersions(['@distilljs/bench'])['@distilljs/bench'] ?? 'unknown',
      '-V, --version',
      'print the version',
    )
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for the flags)')
    .configureOutput({
      outputError(text, write) {
        write(text.replace(/[^\n]+/g, (line) => shownText(line, 300)));
      },
    })
    .configureHelp(NARROW_HELP)
    .exitOverride();

  addRunCommands(program, done);
  addQueueCommands(program, done);
  addClusterCommands(program);
  addAnswerCommands(program, done);
  addOtherCommands(program, done);
  return program;
}
