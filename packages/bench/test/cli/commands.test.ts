import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli.js';
import { cifarRecords } from '../dataset/cifar-fixture.js';

/** With a blank and letters beyond ASCII, as users' folders have them. */
const folder = mkdtempSync(join(tmpdir(), 'commands ü '));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let out = '';
let errors = '';
beforeEach(() => {
  [out, errors] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Every command line that a test below runs. */
const tried: string[][] = [];
/** Runs a command that has to succeed; returns what it printed. */
async function done(...argv: string[]): Promise<string> {
  tried.push(argv);
  out = '';
  expect(await main(argv), errors).toBe(0);
  return out;
}
/** Runs a command that has to be refused as wrong usage; returns what it said. */
async function refused(...argv: string[]): Promise<string> {
  [out, errors] = ['', ''];
  expect(await main(argv), out).toBe(2);
  expect(out).toBe('');
  expect(errors).not.toMatch(/\n\s+at /);
  return errors;
}

describe('list', () => {
  it.each(['methods', 'models', 'datasets', 'presets'])('%s', async (what) => {
    const entries = JSON.parse(await done('list', what, '--json')) as readonly { readonly name: string }[];
    const table = await done('list', what);
    for (const { name } of entries) expect(table).toContain(name);
    expect(await refused('list', 'Methods')).toContain(
      'Allowed choices are methods, models, datasets, presets.',
    );
  });

  it.each(['methods', 'models', 'datasets', 'presets'])('%s fits into 60 columns', async (what) => {
    vi.stubEnv('FORCE_COLOR', undefined);
    Object.defineProperty(process.stdout, 'columns', { value: 60, configurable: true });
    try {
      const lines = (await done('list', what)).split('\n');
      for (const line of lines.filter((each) => /[│─]/.test(each)))
        expect(line.length).toBeLessThanOrEqual(60);
      if (what === 'methods')
        expect(lines.at(-2)).toBe('Columns hidden because the terminal is too narrow: options, package.');
    } finally {
      Reflect.deleteProperty(process.stdout, 'columns');
    }
  });

  it('names the methods of a module', async () => {
    const module = join(import.meta.dirname, '../run/modules/match.mjs');
    const entries = JSON.parse(await done('list', 'methods', '--from', module, '--json')) as unknown;
    expect(entries).toMatchObject([{ name: 'match', package: module, options: { weight: 1, kdWeight: 0 } }]);
    expect(await refused('list', 'models', '--from', module)).toContain('goes with `list methods`');
  });

  it('has colours where FORCE_COLOR asks for them, and none in a pipe', async () => {
    vi.stubEnv('FORCE_COLOR', undefined);
    expect(await done('list', 'datasets')).not.toContain('\u001b');
    vi.stubEnv('FORCE_COLOR', '1');
    expect(await done('list', 'datasets')).toContain('\u001b[1mname');
  });
});

describe('the program', () => {
  it('prints its version and its commands', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      readonly version: string;
    };
    expect(await done('--version')).toBe(`${version}\n`);
    expect(await done('-V')).toBe(`${version}\n`);
    expect(await done('--help')).toContain('run [options]');
    expect(await done('help', 'run')).toContain('--overwrite');
  });

  it.each([
    [['runn'], "unknown command 'runn'\n(Did you mean run?)"],
    [['run', '--out', 'x', '--epoch', '3'], "unknown option '--epoch'\n(Did you mean --epochs?)"],
    [['run', '--preset', 'quick'], "required option '--out <folder>' not specified"],
    [['run', '--out', 'x'], 'expected --preset NAME or --config FILE, got neither'],
    [['run', '--preset', 'quick', '--out', ''], "run folder: expected a path that is not empty, got ''"],
    [['run', '--preset', 'QUICK', '--out', 'x'], "got 'QUICK'. Did you mean 'quick'?"],
    [['run', '--preset', 'quick', '--engine', 'WASM', '--out', 'x'], "got 'WASM'. Did you mean 'wasm'?"],
    [['run', '--preset', 'quick', '--dataset', 'CIFAR10', '--out', 'x'], "Did you mean 'cifar10'?"],
    [['run', '--preset', 'quick', '--methods', 'student,KD', '--out', 'x'], "Did you mean 'kd'?"],
    [
      ['run', '--preset', 'quick', '--methods', 'kd,kd', '--out', 'x'],
      'methods.1: expected a name that no method',
    ],
    [['run', '--preset', 'quick', '--methods', '', '--out', 'x'], 'methods.0.name: expected a'],
    [
      ['run', '--preset', 'quick', '--seeds', '1,1', '--out', 'x'],
      'seeds.1: expected a seed that is not in the list yet',
    ],
    [['run', '--preset', 'quick', '--seeds', '0,,1', '--out', 'x'], 'Not a number.'],
    [['run', '--preset', 'quick', '--set', 'epochs', '--out', 'x'], 'expected a setting key=value'],
    [
      ['run', '--preset', 'quick', '--resume', '--overwrite', '--out', 'x'],
      'expected one of --resume and --overwrite, got both',
    ],
    [
      ['run', '--config', 'nowhere.yaml', '--out', 'x'],
      'nowhere.yaml: expected a configuration file, YAML or JSON, got no such file.\n',
    ],
    [['run', '--config', '.', '--out', 'x'], 'expected a configuration file, YAML or JSON, got a folder.'],
    [
      ['run', '--preset', 'quick', '--teacher', '', '--out', 'x'],
      'teacher.path: expected a non-empty string',
    ],
    [['speed', '--batch', '1e15'], 'speed.batchSize: expected a whole number'],
    [['speed', '--steps', '0'], 'speed.steps: expected a whole number'],
    [['speed', '--engine', 'nope'], 'Allowed choices are auto, node-gpu, node, webgpu, wasm, cpu'],
    [['report', ''], 'run folder: expected a path that is not empty'],
    [['explain', ''], 'run folder: expected a path that is not empty'],
    [['serve', 'nowhere', '--port', 'x'], '--port'],
    [
      ['export', '', 'kd', '0', '--to', 'x', '--quantize', 'uint8', '--with-softmax', '--json'],
      'run folder: expected a path that is not empty',
    ],
    [['export', 'run', 'kd', '0', '--to', 'x', '--quantize', 'int4'], 'Allowed choices are float16, uint8'],
    [['list', 'x'.repeat(1e6)], 'xxx…'],
  ])('refuses %j', async (argv, says) => {
    const text = await refused(...argv);
    expect(text).toContain(says);
    expect(text.length).toBeLessThan(3000);
  });

  it.each(['NaN', 'Infinity', '-Infinity', '0x10', '1_000', 'true', '', ' ', '1e999', '１'])(
    'takes no number %j',
    async (value) => {
      for (const flag of ['--epochs', '--batch-size', '--learning-rate', '--seeds']) {
        const text = await refused('run', '--preset', 'quick', '--out', 'x', flag, value);
        expect(text).toContain('Not a number.');
      }
    },
  );

  it.each(['1e308', '-1', '1.5', '-0.5'])('takes no number of epochs, batch or seed %s', async (value) => {
    for (const flag of ['--epochs', '--batch-size', '--seeds']) {
      expect(await refused('run', '--preset', 'quick', '--out', 'x', flag, value)).toContain(
        'expected a whole number',
      );
    }
  });
});

describe('a run', () => {
  const run = join(folder, 'run one');
  const config = join(folder, 'mine.yaml');
  const data = join(folder, 'data');
  const flags = [
    ...['--preset', 'quick', '--config', config, '--out', run, '--methods', 'student,kd+vam', '--seeds', '0'],
    ...['--engine', 'wasm', '--dataset', 'cifar10', '--data-dir', data, '--teacher-model', 'plain8'],
    ...['--student-model', 'plain8', '--epochs', '2', '--batch-size', '16', '--learning-rate', '0.01'],
    ...['--set', 'teacher.epochs=1', '--set', 'methods.1.options.temperature=8'],
  ];
  beforeAll(() => {
    mkdirSync(data);
    const records = cifarRecords(Array.from({ length: 40 }, (_, at) => [at % 10]));
    for (const file of ['data_batch_1.bin', 'test_batch.bin']) writeFileSync(join(data, file), records);
    writeFileSync(config, 'validationFraction: 0.25\nepochs: 7\nschedule: {warmupEpochs: 0}\n');
  });

  it('takes every flag, resumes, starts over, and is reported, explained and measured', async () => {
    interface Seen {
      readonly rows: readonly { readonly method: string }[];
      readonly config: { readonly epochs: number; readonly methods: readonly { readonly options: object }[] };
    }
    const first = JSON.parse(await done('run', ...flags, '--json')) as Seen;
    expect(first.rows.map(({ method }) => method)).toEqual(expect.arrayContaining(['student', 'kd+vam']));
    expect(first.config.epochs).toBe(2);
    expect(first.config.methods[1]?.options).toEqual({ temperature: 8 });

    expect(await refused('run', ...flags)).toContain('Add --resume to continue it');
    expect(JSON.parse(await done('run', ...flags, '--resume', '--json'))).toEqual(first);
    expect(JSON.parse(await done('report', run, '--json'))).toEqual(first);
    expect(await done('report', run)).toMatch(/Report: .*index\.html\n$/);
    expect(await done('report', run, '--format', 'latex')).toMatch(/\.tex\n/);
    // Two trainings within 20 s after the first, and nothing since.
    for (const [at, cell] of ['teacher', 'student/0', 'kd+vam/0'].entries()) {
      const ended = Date.now() / 1000 - 600 + 10 * at;
      utimesSync(join(run, cell, 'result.json'), ended, ended);
    }
    expect(await done('watch', run, '--once')).toContain(
      '3 of 3 done | 0 running | 0 left | 360 cells an hour',
    );
    expect(await done('predictions', run)).toContain('0 networks evaluated');
    expect(await done('corruptions', run, '--seed', '1')).toContain('trainings evaluated');
    const compared = JSON.parse(await done('compare', run, run, '--json')) as { readonly rows: unknown[] };
    expect(compared.rows).toHaveLength(first.rows.length);
    // A training this short gives cause for findings.
    const verify = ['verify', run, '--json'];
    tried.push(verify);
    out = '';
    expect([0, 1]).toContain(await main(verify));
    expect(JSON.parse(out)).toHaveProperty('findings');
    expect(await done('explain', run)).toMatch(/Page: .*\n$/);
    expect(JSON.parse(await done('explain', run, '--json'))).toHaveProperty('findings');

    const exported = ['export', run, 'student', '0', '--to', join(folder, 'exported')];
    expect(await done(...exported)).toMatch(
      /^Accuracy on 40 test images: [\d.]+ % as trained, .* exported\n/,
    );
    const card = await done(...exported, '--quantize', 'uint8', '--with-softmax', '--json');
    expect(JSON.parse(card)).toMatchObject({ quantization: 'uint8', metadata: { output: 'probabilities' } });
    expect(await done('metrics', run)).toMatch(/ 40 images; embedding global_pool/);
    expect(JSON.parse(await done('metrics', run, '--tap', 'global_pool', '--json'))).toHaveLength(1);
    // Nothing is left to do: what all of them would train is said, and nothing is trained.
    for (const plan of ['--dry-run', '--prepare'])
      expect(await done('run', ...flags, '--resume', '--jobs', '1', plan), plan).toContain('student');

    const page = join(folder, 'page');
    expect(await done('run', ...flags, '--resume', '--export', page)).toContain(
      `Exported to ${page}: model.json`,
    );
    writeFileSync(join(page, 'README.md'), 'mine');
    expect(await refused('run', ...flags, '--resume', '--export', page)).toMatch(
      /README\.md was changed since\. Use another --export\./,
    );

    const other = join(folder, 'other');
    const teacher = ['--teacher', join(run, 'teacher/model'), '--out', other, '--methods', 'student'];
    const short = flags.filter((_, at) => flags[at] !== '--out' && flags[at - 1] !== '--out').slice(0, -2);
    await done('run', ...short, ...teacher);
    expect(await done('run', ...short, ...teacher, '--overwrite')).toContain('Report: ');
  });
});

describe('speed and doctor', () => {
  it('take every flag', async () => {
    const flags = [
      ...['--engine', 'wasm', '--model', 'plain8', '--teacher', 'plain8', '--batch', '2', '--steps', '1'],
      ...['--warmup', '0', '--methods', 'kd', '--cached-views', '1', '--memory-steps', '2'],
    ];
    expect(JSON.parse(await done('speed', ...flags, '--json'))).toMatchObject({ settings: { batchSize: 2 } });
    Object.defineProperty(process.stdout, 'columns', { value: 60, configurable: true });
    try {
      expect(await done('speed', ...flags)).toContain('Columns hidden because the terminal is too narrow:');
    } finally {
      Reflect.deleteProperty(process.stdout, 'columns');
    }
    expect(JSON.parse(await done('doctor', '--data-dir', join(folder, 'data'), '--json'))).toContainEqual(
      expect.objectContaining({ kind: 'data', ok: true }),
    );
    expect(await done('doctor')).toContain('✓ engine cpu');
  });
});

describe('data', () => {
  it('takes every flag', async () => {
    const small = ['--set', 'dataset.trainSize=20', '--set', 'dataset.testSize=10'];
    const stats = JSON.parse(
      await done('data', 'stats', '--dataset', 'synthetic', ...small, '--json'),
    ) as object;
    expect(stats).toMatchObject({ dataset: 'synthetic', splits: [{ images: 20 }, { images: 10 }] });
    const config = join(folder, 'data.yaml');
    writeFileSync(config, 'preset: quick\ndataset: { trainSize: 20, testSize: 10 }\n');
    const sheet = join(folder, 'sheet.png');
    expect(await done('data', 'preview', '--config', config, '--split', 'test', '--out', sheet)).toContain(
      sheet,
    );
    const cifar = join(folder, 'cifar');
    mkdirSync(cifar);
    for (const [at, name] of ['data_batch_1.bin', 'test_batch.bin'].entries())
      writeFileSync(join(cifar, name), cifarRecords([[at], [2], [3]], 3 * at));
    const verified = await done('data', 'verify', '--data-dir', cifar, '--dataset', 'cifar10');
    expect(verified).toContain('Dataset cifar10: 6 images can be read\nNo damaged files, no duplicates.');
    expect(await refused('data', 'stats')).toContain(
      'expected --data-dir FOLDER or --config FILE, got neither',
    );
  });
});

it('serve takes every flag, and needs a run', async () => {
  const command = ['serve', join(folder, 'nowhere'), '--port', '0', '--host', '127.0.0.1'];
  tried.push(command);
  expect(await refused(...command)).toContain('nowhere');
});

describe('queues and clusters', () => {
  it.each([
    [
      ...['jobs', 'none', '--format', 'shell', '--at', '/runs/a', '--command', 'npx distill-bench'],
      ...['--wave', '1'],
    ],
    ['jobs', 'none', '--format', 'k8s', '--tasks', '2', '--image', 'mine', '--claim', 'runs'],
    ['merge', 'none', '--into', 'some', '--json'],
  ])('take every flag, and need a run: %s', async (...argv) => {
    tried.push(argv);
    expect(await refused(...argv)).toContain('none: expected a run folder, got none');
  });

  it.each([
    ['slurm', '--image', 'mine'],
    ['shell', '--tasks', '2'],
    ['k8s', '--wave', '1'],
  ])('have no use for the flags of another format: %s %s', async (format, flag, value) => {
    expect(await refused('jobs', 'none', '--format', format, flag, value)).toContain(
      `${flag}: expected no ${flag}, got --format ${format}`,
    );
  });

  it('have parts of a run', async () => {
    const command = ['run', '--preset', 'quick', '--out', join(folder, 'part'), '--shard', '4/3'];
    tried.push(command);
    expect(await refused(...command)).toContain(
      "--shard: expected PART/PARTS, such as 1/4 up to 4/4, got '4/3'",
    );
    expect(await refused(...command.slice(0, -1), '1/4', '--export', 'x')).toContain(
      'expected --shard without --export, got both. A part does not know the best method: merge, then export.',
    );
  });

  it('have no part in a race', async () => {
    const race = ['--race', '--budget', '1h30m', '--shard', '1/2'];
    const command = ['run', '--preset', 'quick', '--out', join(folder, 'race'), ...race];
    tried.push(command);
    expect(await refused(...command)).toContain('expected no --shard with a race, got --shard');
    expect(await refused(...command.slice(0, -4), '--budget', 'soon')).toContain(
      'a duration such as 45m, 2h',
    );
  });

  it('train single cells', async () => {
    const command = ['train', join(folder, 'nothing'), 'teacher', '--take-over'];
    tried.push(command);
    expect(await refused(...command)).toContain('expected a run folder, got none');
  });

  it.each([
    ['watch', join(folder, 'watched'), '--root', '.', '--once', '--json'],
    ['submit', 'runs/a', '--root', '.', '--attempts', '2', '--json'],
    [
      ...['worker', '--root', '.', '--capability', 'wasm', '--jobs', '2'],
      ...['--lock', '20', '--backoff', '0.5', '--until-empty'],
    ],
  ])('take every flag, and need an address: %s', async (...argv) => {
    const command = [...argv, '--queue', 'localhost'];
    tried.push(command);
    expect(await refused(...command)).toMatch(
      /--queue: expected redis:.*rediss:.* for TLS, got text that is not an address/,
    );
    expect(await refused(...argv, '--queue', 'amqp://me:secret@host')).not.toContain('secret');
  });
});

describe('the help', () => {
  it('names no command and no flag that is not run above', async () => {
    const commands = [...(await done('--help')).matchAll(/^ {2}([a-z]+) .*(?:\[|<)/gm)].map(([, name]) =>
      String(name),
    );
    expect(commands).toEqual(
      expect.arrayContaining(['run', 'report', 'speed', 'metrics', 'explain', 'list', 'doctor']),
    );
    for (const command of commands.filter((name) => name !== 'help')) {
      const help = await done(command, '--help');
      expect(help, command).not.toMatch(/default:\s*(?:\[\]|null|undefined)/);
      for (const [, argument] of help
        .split('\n', 1)
        .join('')
        .matchAll(/<([a-z]+)/g))
        expect(help, command).toMatch(new RegExp(`^ {2}${String(argument)} {2,}\\S`, 'm'));
      const all = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => String(flag));
      const used = tried.filter(([name]) => name === command).flat();
      expect(used, command).toEqual(expect.arrayContaining(all.filter((flag) => flag !== '--help')));
    }
  });
});
