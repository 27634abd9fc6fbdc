import { loadTeacher, peek, resolveEngine } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../teachers');
const page = readFileSync(join(folder, 'README.md'), 'utf8');
const kept = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('the trained teachers of the comparisons', () => {
  it('are all on their page', () => {
    expect(kept).not.toEqual([]);
    expect([...page.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name)).toEqual(
      kept.map(({ name }) => name),
    );
  });

  it.each(kept.map(({ name }) => name))('%s loads, with its preprocessing and classes', async (name) => {
    await resolveEngine('cpu');
    const teacher = await loadTeacher(join(folder, name));
    const [, weights = ''] = new RegExp(`\`${name}\` .* ([\\d,]+) weights`).exec(page) ?? [];
    expect(teacher.parameters).toBe(Number(weights.replaceAll(',', '')));
    expect(teacher.inputShape).toEqual([32, 32, 3]);
    expect(teacher.classNames).toHaveLength(teacher.classes);
    expect(teacher.normalization).toMatchObject({ mean: expect.any(Array) as unknown });
    const values = tf.tidy(() => peek(teacher.forward(tf.zeros([1, 32, 32, 3])).logits)) ?? [];
    expect(new Set(values).size).toBe(teacher.classes);
    expect(Array.from(values).every(Number.isFinite)).toBe(true);
    teacher.dispose();
  });
});
