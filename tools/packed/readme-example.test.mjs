import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPacked } from './install-packed.mjs';
import { packageFolders } from '../workspace.mjs';
import { asCommonJs, readmeExample } from './readme-example.mjs';

const ROOT = join(import.meta.dirname, '../..');
/** Core and the techniques: the bench is a program, and has its own tests. */
const FOLDERS = packageFolders(ROOT).filter((folder) => folder !== 'bench');
const MINUTES = 60_000;

describe(
  'packed packages in an empty project run the example of their README',
  { timeout: 10 * MINUTES },
  () => {
    const project = realpathSync(mkdtempSync(join(tmpdir(), 'distilljs-packed-')));

    beforeAll(() => {
      const projects = FOLDERS.map((folder) => `@distilljs/${folder}`).join(',');
      execFileSync('npx', ['nx', 'run-many', '-t', 'build', '-p', projects], { cwd: ROOT, stdio: 'ignore' });
      installPacked(ROOT, project, FOLDERS);
      writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true }\n');
    }, 10 * MINUTES);

    afterAll(() => {
      rmSync(project, { recursive: true, force: true });
    });

    const files = FOLDERS.flatMap((folder) => [
      [folder, 'example.mjs'],
      [folder, 'example.cjs'],
    ]);
    it.each(files)('%s, %s', (folder = '', file = '') => {
      const example = readmeExample(readFileSync(join(ROOT, 'packages', folder, 'README.md'), 'utf8'));
      writeFileSync(join(project, file), file.endsWith('.cjs') ? asCommonJs(example) : example);
      const env = { ...process.env, DISTILLJS_ENGINE: 'wasm' };
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
        cwd: project,
        encoding: 'utf8',
        env,
      });
      expect(status, stdout + stderr).toBe(0);
      // The terms of the last epoch, each with a value and a weight.
      expect(stdout).toMatch(/\w+'?: \{ value: [\d.e-]+, weight: [\d.]+ \}/);
    });
  },
);
