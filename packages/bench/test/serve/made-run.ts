import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MethodResult } from '../../src/report/index.js';
import { ENVIRONMENT, METHODS, TEACHER, fixtureConfig, fixtureResults } from '../report/report-fixture.js';

/** Methods of {@link makeRun}, with three seeds each. */
export const THREE = METHODS.filter(({ name }) => ['student', 'kd', 'cckd'].includes(name));
export const RESULTS = fixtureResults(THREE, 3, 4);

const put = (file: string, value: unknown): void => {
  writeFileSync(file, JSON.stringify(value));
};

/** A run folder as trainings would leave it: a teacher, and the results of these trainings. */
export function makeRun(root: string, results: readonly MethodResult[]): void {
  mkdirSync(join(root, 'teacher'), { recursive: true });
  put(join(root, 'config.json'), fixtureConfig(THREE, 3, 4));
  put(join(root, 'environment.json'), ENVIRONMENT);
  put(join(root, 'teacher', 'result.json'), TEACHER);
  results.forEach((result) => {
    addResult(root, result);
  });
}

export function addResult(root: string, result: MethodResult): void {
  const folder = join(root, result.method, String(result.seed));
  mkdirSync(folder, { recursive: true });
  put(join(folder, 'result.json'), result);
}

/** A training that this process is at, after so many epochs. */
export function begin(root: string, { method, seed, epochs }: MethodResult, done: number): void {
  const folder = join(root, method, String(seed));
  mkdirSync(folder, { recursive: true });
  put(join(folder, 'lock.json'), { pid: process.pid, host: hostname(), since: new Date().toISOString() });
  const rows = epochs.slice(0, done).map((epoch) => `${JSON.stringify(epoch)}\n`);
  writeFileSync(join(folder, 'metrics.jsonl'), rows.join(''));
}
