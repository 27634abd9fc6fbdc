#!/usr/bin/env node
import { Command } from 'commander';
import { build } from 'esbuild';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEnd, lastLines, runCommand } from '../native-engine/run-command.mjs';

/** Largest size of a pack: larger ones are hard to carry to a machine without a network. */
const MOST_MIB = 60;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { out } = new Command('speed:pack')
  .description(
    'Packs what `speed:peers` needs for the engine webgpu on a Linux machine with an NVIDIA GPU, Vulkan and PyTorch, but no network: Node, distill-bench in one file, Dawn and the PyTorch side. There: tar xf FILE && webgpu-peers/run.',
  )
  .allowExcessArguments(false)
  .option('--out <file>', 'the archive', 'webgpu-peers.tar.xz')
  .parse()
  .opts();

/**
 * The command line, as a file that plain Node runs. The webgpu backend registers itself when it is loaded, which core does by
 * name once Dawn is there; so it is a package of its own, around the same tfjs.
 */
const CLI =
  "import { main } from './distill-bench.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n";
const BACKEND = '@tensorflow/tfjs-backend-webgpu';

/** All of it takes at most eight minutes on a GPU; \`--quick\` takes two. */
const RUN = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/node" "$here/peers.mjs" --parts webgpu --bench "$here/cli.mjs" "$@"
`;

const folder = mkdtempSync(join(tmpdir(), 'distilljs-pack-'));
try {
  const packed = join(folder, 'webgpu-peers');
  const dawn = join(packed, 'node_modules/webgpu');
  mkdirSync(join(dawn, 'dist'), { recursive: true });
  /** @satisfies {import('esbuild').BuildOptions} */
  const shared = {
    bundle: true,
    format: /** @type {const} */ ('esm'),
    platform: /** @type {const} */ ('node'),
    target: 'node20',
    absWorkingDir: ROOT,
    conditions: ['@distilljs/source'],
    logLevel: /** @type {const} */ ('error'),
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  };
  await build({
    ...shared,
    splitting: true,
    entryPoints: {
      'distill-bench': 'packages/bench/src/cli.ts',
      [`node_modules/${BACKEND}/index`]: BACKEND,
    },
    external: ['webgpu', 'sharp', 'onnxruntime-node', 'onnxruntime-web', 'bullmq', 'esbuild'],
    outdir: packed,
    outExtension: { '.js': '.mjs' },
  });
  writeFileSync(join(packed, 'cli.mjs'), CLI);
  const manifest = JSON.stringify({ name: BACKEND, type: 'module', exports: './index.mjs' });
  writeFileSync(join(packed, 'node_modules', BACKEND, 'package.json'), manifest);
  await build({
    ...shared,
    entryPoints: ['tools/peers/main.mjs'],
    outfile: join(packed, 'peers.mjs'),
  });
  for (const name of ['torch_steps.py', 'resnet.py'])
    copyFileSync(join(ROOT, 'tools/peers', name), join(packed, name));
  const installed = join(ROOT, 'node_modules/webgpu');
  for (const name of ['package.json', 'index.js', 'LICENSE.md'])
    copyFileSync(join(installed, name), join(dawn, name));
  cpSync(join(installed, 'dist/linux-x64'), join(dawn, 'dist/linux-x64'), { recursive: true });
  cpSync(join(installed, 'node_modules'), join(dawn, 'node_modules'), { recursive: true });
  // A report says with which versions it was made.
  for (const name of readdirSync(join(ROOT, 'packages'))) {
    const to = join(packed, 'node_modules/@distilljs', name);
    mkdirSync(to, { recursive: true });
    copyFileSync(join(ROOT, 'packages', name, 'package.json'), join(to, 'package.json'));
  }
  copyFileSync(process.execPath, join(packed, 'node'));
  writeFileSync(join(packed, 'run'), RUN);
  for (const name of ['node', 'run']) chmodSync(join(packed, name), 0o755);

  const result = await runCommand('tar', ['-C', folder, '-cJf', out, 'webgpu-peers'], {
    environment: { XZ_OPT: '-6 -T0' },
  });
  if (result.status !== 0) throw new Error(`tar: ${describeEnd(result)}\n${lastLines(result.output)}`);
  const mib = statSync(out).size / 2 ** 20;
  if (mib > MOST_MIB) throw new Error(`${out} has ${mib.toFixed(1)} MiB; at most ${MOST_MIB} were expected.`);
  console.error(`${out}: ${mib.toFixed(1)} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
