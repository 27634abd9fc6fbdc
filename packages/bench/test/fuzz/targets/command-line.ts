import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { parse } from 'yaml';
import { main } from '../../../src/cli.js';
import { parseSetting, presetNames, resolveConfig } from '../../../src/config/index.js';
import { contentsOf, expectKept } from '../folder.js';
import { nastyText } from '../mutation.js';
import { expectMessage, must, outcome, target } from '../target.js';

interface Case {
  readonly command: readonly string[];
  /** What `--set` is given. */
  readonly settings: readonly { readonly path: string; readonly value: string }[];
  /** Arguments that are replaced, or added, at places. */
  readonly changes: readonly { readonly at: number; readonly text: string; readonly adds: boolean }[];
}

const PATHS = [
  'epochs', 'batchSize', 'seeds', 'seeds.0', 'engine', 'optimizer.learningRate', 'optimizer.name', 'optimizer', 'teacher.epochs',
  'teacher.kind', 'teacher.views', 'teacher.model', 'dataset.trainSize', 'dataset.name', 'dataset', 'methods', 'methods.0',
  'methods.1.options.temperature', 'methods.1.as', 'methods.9.as', 'schedule.milestones', 'validationFraction', 'augmentation.flip',
  '__proto__', '__proto__.epochs', 'constructor.prototype', 'a.b.c', '', '.', 'epochs.', 'student.model', 'preset',
]; // prettier-ignore

const VALUES = [
  '1', '0', '-1', '0.5', '1e9', '1e400', '.nan', '-.inf', 'true', 'null', '', '[]', '{}', '[0, 1]', '[student, kd]', 'kd', 'adam',
  '{name: adam}', 'cached', 'plain8', 'resnet20', '&a [*a]', '*x', '!!js/function x', '"\\x1b"', '[', '{a: 1, a: 2}', 'quick',
  '{toString: 1}', '{__proto__: {epochs: 1}}', '=', 'a=b', '0x10', '1_000', '2001-01-01', "'1'", '- 1', '|',
]; // prettier-ignore

const flag = fc.oneof(
  fc.tuple(fc.constant('--preset'), fc.constantFrom(...presetNames, 'none', '')),
  fc.tuple(fc.constantFrom('--epochs', '--batch-size', '--learning-rate'), fc.constantFrom('1', '0', '-1', 'x', '', '1e9', 'Infinity', '0x1F')),
  fc.tuple(fc.constantFrom('--seeds', '--methods'), fc.constantFrom('0,1', '', ',', 'kd', 'all', 'student,student', '1,1', '0,-1', 'a,b')),
  fc.tuple(fc.constantFrom('--engine', '--dataset', '--teacher-model', '--student-model'), fc.constantFrom('cpu', 'wasm', 'auto', 'cifar10', 'resnet20', 'x')),
  fc.tuple(fc.constantFrom('--teacher', '--data-dir', '--config'), fc.constantFrom('nowhere', '', '.', 'file', '/dev/null', 'http://')),
  fc.tuple(fc.constantFrom('--resume', '--overwrite', '--json')),
); // prettier-ignore

const commands: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 6, arbitrary: fc.array(flag, { maxLength: 4 }).map((flags) => ['run', '--preset', 'quick', ...flags.flat()]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('report', 'explain', 'list'), nastyText) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('list'), fc.constantFrom('methods', 'datasets', 'presets')) },
  { weight: 1, arbitrary: fc.array(nastyText, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom('--steps', '--batch', '--warmup', '--memory-steps', '--model', '--methods').map((name) => ['speed', name, '-3']) },
); // prettier-ignore

export const commandLines = target<Case>({
  name: 'command-lines',
  arbitrary: fc.record({
    command: commands,
    settings: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      {
        weight: 3,
        arbitrary: fc.array(fc.record({ path: fc.constantFrom(...PATHS), value: fc.oneof(fc.constantFrom(...VALUES), nastyText) }), { maxLength: 3 }), // prettier-ignore
      },
    ),
    changes: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.array(fc.record({ at: fc.nat(20), text: nastyText, adds: fc.boolean() }), {
          maxLength: 2,
        }),
      },
    ),
  }),
  check: async ({ command, settings, changes }, folder) => {
    // A run folder that is a file: whatever is right otherwise ends there, before anything is trained.
    writeFileSync(join(folder, 'file'), "the user's");
    const isRun = command[0] === 'run';
    const args = [
      ...command,
      ...(isRun ? settings.flatMap(({ path, value }) => ['--set', `${path}=${value}`]) : []),
    ];
    for (const { at, text, adds } of changes) args.splice(at % (args.length + 1), adds ? 0 : 1, text);
    if (isRun) args.push('--out', 'file');
    const before = contentsOf(folder);
    const { code, said } = await spoken(args, folder);
    expectKept(folder, before);
    must([0, 1, 2].includes(code), 'a documented exit code', code);
    expectMessage(said.replace(/^error: /, ''));
    must(
      (code === 0) !== /^(?:error|usage): /im.test(said),
      'an exit code that fits what is said',
      code,
      said,
    );
    // Without a command, the help is the answer.
    const isLong = said.includes('problems') || said.startsWith('Usage: ');
    must(code === 0 || said.length < (isLong ? Infinity : 4000), 'a few lines', said);
    const reached = said.includes('file: expected a folder, got a file');
    if (isRun) must(code !== 0, 'a run that cannot be is refused', said);
    if (isRun) await outcome(() => { expectSettings(settings); }); // prettier-ignore
    return code === 0 || reached ? 'right' : `exit ${code}`;
  },
});

/** What one setting says stands in the configuration, if that is taken. */
function expectSettings(settings: Case['settings']): void {
  for (const { path, value } of settings) {
    const parsed = parseSetting(`${path}=${value}`);
    const config = resolveConfig({ preset: 'quick', flags: [parsed] });
    const steps = path.split('.');
    const found = steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], config);
    const wanted: unknown = parse(value, { version: '1.2' });
    const isPlain = typeof wanted !== 'object' && steps.every((step) => !/^methods$/.test(step));
    must(!isPlain || isDeepStrictEqual(found, wanted), 'what was set', path, found, wanted);
  }
}

/** Runs the command line and keeps what it says. */
async function spoken(args: readonly string[], folder: string): Promise<{ code: number; said: string }> {
  let [said, out] = ['', ''];
  const here = process.cwd();
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, 'write'));
  process.chdir(folder);
  const keep = (add: (text: string) => void) => ({
    configurable: true,
    value: (text: string) => {
      add(text);
      return true;
    },
  });
  Object.defineProperty(process.stdout, 'write', keep((text) => (out += text))); // prettier-ignore
  Object.defineProperty(process.stderr, 'write', keep((text) => (said += text))); // prettier-ignore
  try {
    const code = await main(args);
    return { code, said: code === 0 ? said : `${said}${out}` };
  } finally {
    streams.forEach((stream, at) => {
      const own = writes[at];
      if (own === undefined) Reflect.deleteProperty(stream, 'write');
      else Object.defineProperty(stream, 'write', own);
    });
    process.chdir(here);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  }
}
