import { expect, it, vi } from 'vitest';
import { connectQueue } from '../../src/queue/connection.js';
import { refusal } from '../run/tiny-bench.js';

vi.mock('bullmq', () => {
  throw new Error('not installed');
});

it('names the packages that a queue needs', async () => {
  const said = await refusal(connectQueue('redis://127.0.0.1:1'));
  expect(said).toContain('expected the packages bullmq and ioredis');
  expect(said).toContain('npm i bullmq ioredis');
});
