import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readmeExample } from '../packed/readme-example.mjs';
import { run } from './run.mjs';

/** Wrong options must be errors: where types degrade to `any` they are not, and TypeScript reports the unused directives. */
const PROGRAM = `import { layers, sequential } from '@tensorflow/tfjs-layers';
import { arrayDataset, distill, isDistillError, kd, type Method } from '@distilljs/core';
import { cckd, type CckdOptions } from '@distilljs/cckd';

const options: Partial<CckdOptions> = { beta: 12, studentTap: 'pool', teacherTap: 'pool' };
const methods: Method[] = [kd({ temperature: 4 }), cckd(options)];
// @ts-expect-error a temperature is a number
kd({ temperature: 'warm' });
// @ts-expect-error there is no such option
cckd({ betta: 12 });

const network = () => sequential({ layers: [layers.flatten({ inputShape: [2, 2, 1] }), layers.dense({ units: 2 })] });
const train = arrayDataset({ images: new Uint8Array(8), labels: [0, 1], imageShape: [2, 2, 1], classes: 2 });

export async function run(): Promise<number | undefined> {
  const [method = kd()] = methods;
  const result = await distill({ teacher: network(), students: [network()], method, train, epochs: 1, batchSize: 2, seed: 1 });
  // @ts-expect-error seconds are no text
  const seconds: string = result.history.length;
  return seconds === '' ? undefined : result.history.at(-1)?.terms['ce']?.value;
}

export const what = (error: unknown): string => (isDistillError(error) ? error.code : 'unknown');
`;

const COMMON = {
  target: 'es2022',
  lib: ['es2023', 'dom'],
  strict: true,
  noEmit: true,
  types: [],
  // tfjs-layers's own declarations do not pass.
  skipLibCheck: true,
};

/** @typedef {{ name: string, files: Record<string, string>, options: object }} TypesCase */

/** @param {string} example @returns {TypesCase[]} */
const cases = (example) => [
  {
    name: 'node16',
    files: { 'program.mts': PROGRAM, 'program.cts': PROGRAM },
    options: { module: 'node16', moduleResolution: 'node16' },
  },
  {
    name: 'bundler',
    files: { 'program.ts': PROGRAM },
    options: { module: 'esnext', moduleResolution: 'bundler' },
  },
  {
    name: 'README example',
    files: { 'example.mts': example },
    // Written for JavaScript: its parameters have no types, and it knows that there is an epoch.
    options: { module: 'node16', moduleResolution: 'node16', strict: false },
  },
];

/**
 * Type-checks programs that use core and CCKD, under each of TypeScript's module resolutions.
 *
 * @param {string} root where TypeScript is installed @param {string} project
 * @returns {Promise<string[]>} the cases
 */
export async function checkTypes(root, project) {
  const example = readmeExample(
    readFileSync(join(project, 'node_modules/@distilljs/cckd/README.md'), 'utf8'),
  );
  const done = [];
  for (const { name, files, options } of cases(example)) {
    const folder = join(project, `types-${name.replaceAll(' ', '-')}`);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    const config = { compilerOptions: { ...COMMON, ...options }, files: Object.keys(files) };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder]);
    done.push(name);
  }
  return done;
}
