import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledCli } from '../run/bundled-cli.js';
import { TINY_RUN } from '../run/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'process-'));
let script = '';
beforeAll(async () => {
  script = await bundledCli();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(script), { recursive: true, force: true });
});

/** A shell's command, in which `$CLI` is the command line. */
function shell(command: string): {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
} {
  const cli = `${process.execPath} ${script}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command.replaceAll('$CLI', cli)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { code: status, out: stdout, errors: stderr };
}

describe.skipIf(process.platform === 'win32')('the process', () => {
  it('is quiet where the reader has gone', () => {
    const { out, errors } = shell('$CLI list models --json | head -1; echo ${PIPESTATUS[0]}');
    expect([out, errors]).toEqual(['[\n0\n', '']);
    expect(shell('$CLI list models --json 1>&-').errors).not.toMatch(/\n\s+at /);
  });

  it('says in one line that standard output is full', () => {
    for (const command of ['list presets', 'list methods --json', '--version']) {
      const { code, errors } = shell(`$CLI ${command} > /dev/full`);
      expect(errors).toMatch(
        /^Error: (?:standard output: )?(?:ENOSPC|.*write).*no space left on device.*\.\n$/,
      );
      expect(code).toBe(1);
    }
    expect(shell('$CLI list presets 2> /dev/full').code).toBe(0);
  });

  it('reads a configuration from a pipe of the shell', () => {
    writeFileSync(join(folder, 'wrong.yaml'), 'preset: quick\nepochs: many\n');
    for (const command of [
      'cat wrong.yaml | $CLI run --config /dev/stdin --out x',
      '$CLI run --config /dev/stdin --out x < wrong.yaml',
      '$CLI run --config <(cat wrong.yaml) --out x',
    ]) {
      const { code, errors } = shell(command);
      expect(errors).toContain(":2:9, epochs: expected a whole number of at least 1, got 'many'.");
      expect(code).toBe(2);
    }
  });

  it('refuses at once what would never end', () => {
    for (const [command, says] of [
      ['yes | $CLI run --config /dev/stdin --out x', 'YAML or JSON of at most 16 MiB'],
      ['$CLI run --config /dev/zero --out x', 'got a device.'],
      ['mkfifo fifo; $CLI run --config fifo --out x', 'got a named pipe.'],
      ['$CLI run --preset quick --out /proc/self/x', 'run folder: expected a folder on a disk'],
      ['$CLI doctor --data-dir fifo; exit 2', ''],
    ] as const) {
      const { code, errors } = shell(command);
      expect(errors).toContain(says);
      expect(code).toBe(2);
    }
  });

  it('trains a saved model, also where nothing has started an engine before', () => {
    const run = `$CLI run ${TINY_RUN.join(' ')} --seeds 0 --epochs 1 --methods student`;
    expect(shell(`${run} --out first`)).toMatchObject({ code: 0 });
    const second = shell(`${run} --set student.path=first/student/0/student --out second`);
    expect(second.errors).not.toContain('Error');
    expect(second.code).toBe(0);
  });

  it('ends with 1 and one line whatever fails late', () => {
    const late = join(folder, 'late.mjs');
    const cli = pathToFileURL(join(dirname(script), 'cli.mjs')).href;
    for (const [failure, says] of [
      [
        "setTimeout(() => { throw new Error('late\\nfault'); }, 30)",
        'Error: Error: late\\nfault. Unless a module of yours threw it, this is a fault of',
      ],
      [
        "setTimeout(() => void Promise.reject(new TypeError('lost')), 30)",
        'Error: TypeError: lost. Unless a module of yours threw it, this is a fault',
      ],
      [
        'setTimeout(() => { new ArrayBuffer(2 ** 52); }, 30)',
        'Error: out of memory: Array buffer allocation failed.',
      ],
    ] as const) {
      writeFileSync(
        late,
        `import { main } from '${cli}';\n${failure};\nprocess.exitCode = await main(['speed', '--engine', 'wasm', '--steps', '1000']);\n`,
      );
      const { status, stderr } = spawnSync(process.execPath, [late], { encoding: 'utf8', cwd: folder });
      expect(stderr).toContain(says);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(status).toBe(1);
    }
  });

  it('has colours on a terminal, unless NO_COLOR is set', () => {
    const wrong = '$CLI run --preset quik --out x';
    const onTerminal = (before: string): string => shell(`${before} script -qec "${wrong}" /dev/null`).out;
    if (shell('command -v script').code !== 0) return;
    expect(onTerminal('env -u CI TERM=xterm-256color')).toContain('\u001b[31m');
    expect(onTerminal('env -u CI TERM=xterm-256color NO_COLOR=1')).not.toContain('\u001b[31m');
    expect(shell(wrong).errors).not.toContain('\u001b');
    expect(shell(`FORCE_COLOR=1 ${wrong}`).errors).toContain('\u001b[31m');
  });
});
