#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cli = new URL('../dist/cli.js', import.meta.url);
const isCheckout = existsSync(new URL('../src', import.meta.url));

if (!existsSync(cli) && isCheckout) {
  // Standard output belongs to the command: `distill-bench speed --json` is piped into other programs.
  console.error('distill-bench: not built yet, running `npm run build` once');
  try {
    execFileSync('npm', ['run', 'build'], {
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
  } catch (error) {
    console.error(
      `distill-bench: the build failed (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

if (existsSync(cli)) {
  const { main } = await import(cli.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  const hint = isCheckout
    ? 'Run `npm ci && npm run build` at the root of the checkout and read what it says.'
    : 'Install @distilljs/bench anew: this copy is incomplete.';
  console.error(`distill-bench: expected ${fileURLToPath(cli)}, got no such file. ${hint}`);
  process.exitCode = 1;
}
