import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { build } from 'tsup';
import { library } from '../../tsup.base.js';

const ROOT = join(import.meta.dirname, '../..');

/**
 * A user's project as npm would create it: the packages as published (built with the same configuration, without declarations), their
 * dependencies, and the sources of `tools/pages/app`.
 *
 * @returns {Promise<string>} its folder
 */
export async function makeProject() {
  const project = mkdtempSync(join(tmpdir(), 'distill-pages-'));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '@distilljs'), { recursive: true });
  for (const entry of readdirSync(join(ROOT, 'node_modules'))) {
    if (!entry.startsWith('.') && entry !== '@distilljs')
      symlinkSync(join(ROOT, 'node_modules', entry), join(modules, entry));
  }
  for (const name of ['core', 'cckd']) await publish(name, join(modules, '@distilljs', name));
  cpSync(join(import.meta.dirname, 'app'), project, { recursive: true });
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'app', private: true, type: 'module' }),
  );
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  for (const file of readdirSync(wasm).filter((each) => each.endsWith('.wasm')))
    cpSync(join(wasm, file), join(project, 'public/wasm', file));
  return project;
}

/** @param {string} name @param {string} folder */
async function publish(name, folder) {
  const source = join(ROOT, 'packages', name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(source, 'package.json'), join(folder, 'package.json'));
  const recipe = /** @type {import('tsup').Options} */ (library({ index: join(source, 'src/index.ts') }));
  await build({
    ...recipe,
    config: false,
    tsconfig: join(source, 'tsconfig.json'),
    format: ['esm'],
    dts: false,
    sourcemap: false,
    silent: true,
    // Its dependencies: tsup reads them from the manifest of the folder it runs in.
    external: [/^[^./]/],
    outDir: join(folder, 'dist'),
  });
}
