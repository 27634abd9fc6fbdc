import type { Callback } from '@distilljs/core';
import { isDistillError } from '@distilljs/core';
import { expect } from 'vitest';
import { resolveConfig } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';

/** A run of seconds on wasm: synthetic images, two seeds, two epochs. */
export function tinyConfig(changes: object = {}): RunConfig {
  const dataset = { imageSize: 12, trainSize: 108, testSize: 36, classes: 6, superclasses: 3 };
  const tiny = { dataset, teacher: { model: 'plain8', epochs: 2 }, seeds: [0, 1], epochs: 2, batchSize: 16 };
  const file = { name: 'tiny.json', text: JSON.stringify(tiny) };
  return resolveConfig({ preset: 'quick', file, flags: [changes] });
}

/** What a run said. */
export interface Said {
  readonly lines: string[];
  readonly say: (text: string) => void;
  readonly progress: (label: string) => Callback;
}

/** A log that keeps its lines. */
export function keptLog(onStep?: (label: string) => void): Said {
  const lines: string[] = [];
  return {
    lines,
    say: (text) => void lines.push(text),
    progress: (label) => ({ name: 'test', step: () => onStep?.(label) }),
  };
}

/** The message of the branded error that a run ends in. */
export async function refusal(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(isDistillError(error), String(error)).toBe(true);
  return String(error);
}
