import { describe, expect, it } from 'vitest';
import { describeEnd, lastLines, runCommand } from './run-command.mjs';

describe('runCommand', () => {
  it('returns what a program printed and its exit status', async () => {
    const script = "process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 3";
    const result = await runCommand(process.execPath, ['-e', script]);
    expect(result).toMatchObject({ missing: false, late: false, status: 3, signal: null, stdout: 'out' });
    expect(result.output).toContain('err');
    expect(describeEnd(result)).toBe('exit status 3');
  });

  it('lays the environment over its own', async () => {
    const script = 'process.stdout.write(process.env.GIVEN + (process.env.PATH ? 1 : 0))';
    const result = await runCommand(process.execPath, ['-e', script], { environment: { GIVEN: 'x' } });
    expect(result.stdout).toBe('x1');
  });

  it('reports a crash by its signal', async () => {
    const result = await runCommand(process.execPath, ['-e', "process.kill(process.pid, 'SIGSEGV')"]);
    expect(describeEnd(result)).toBe('signal SIGSEGV');
  });

  it('kills a program that runs too long, and says so', async () => {
    const result = await runCommand(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      timeoutMs: 300,
    });
    expect(result.late).toBe(true);
    expect(describeEnd(result)).toBe('no end within its time');
  });

  it('distinguishes a program that does not exist from one that fails', async () => {
    const result = await runCommand('distilljs-no-such-program', []);
    expect(result.missing).toBe(true);
    expect(describeEnd(result)).toBe('no such program');
  });
});

it('lastLines keeps the end', () => {
  expect(lastLines('a\nb\nc\n', 2)).toBe('b\nc');
});
