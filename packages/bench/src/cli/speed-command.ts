import { resolveEngine } from '@distilljs/core';
import { measureSpeed, speedSettings, speedText } from '../speed/index.js';
import type { SpeedProgress, SpeedSettings } from '../speed/index.js';
import { print } from './output.js';
import { widthOf } from '../terminal/index.js';

/** Flags of `distill-bench speed` as commander passes them. */
export interface SpeedFlags {
  readonly engine?: string;
  readonly model?: string;
  readonly teacher?: string;
  readonly batch?: number;
  readonly steps?: number;
  readonly warmup?: number;
  readonly methods?: readonly string[];
  readonly cachedViews?: number;
  readonly memorySteps?: number;
  readonly json?: true;
}

/** Seconds between progress lines on a stream that is not a terminal. */
const SECONDS_BETWEEN_LINES = 5;

/** `distill-bench speed`. */
export async function speedCommand({ engine, json, ...flags }: SpeedFlags): Promise<void> {
  // Checked before an engine starts, which takes seconds.
  const settings = speedSettings(settingsOf(flags));
  const report = await measureSpeed(settings, await resolveEngine(engine), speedProgress(process.stderr));
  print(json === true ? JSON.stringify(report, null, 2) : speedText(report));
}

/** Flags as settings; all methods are the default. */
export function settingsOf({
  batch,
  methods,
  ...flags
}: Omit<SpeedFlags, 'engine' | 'json'>): Partial<SpeedSettings> {
  return {
    ...flags,
    ...(batch !== undefined && { batchSize: batch }),
    ...(methods !== undefined && methods.join() !== 'all' && { methods }),
  };
}

/** Progress: one updated line on a terminal, an occasional line elsewhere. */
function speedProgress(stream: NodeJS.WriteStream): SpeedProgress {
  const started = performance.now();
  let said = -Infinity;
  return (doing, share) => {
    const elapsed = (performance.now() - started) / 1000;
    if (!stream.isTTY && share < 1 && elapsed - said < SECONDS_BETWEEN_LINES) return;
    said = elapsed;
    // Too early for an estimate.
    const left = share > 0.05 ? `, ETA ${Math.ceil((elapsed / share) * (1 - share))} s` : '';
    const text = `${Math.floor(100 * share)} % ${doing}${share < 1 ? left : `, ${elapsed.toFixed(0)} s`}`;
    const line = stream.isTTY ? text.slice(0, widthOf(stream) - 1) : text;
    stream.write(stream.isTTY ? `\r\u001b[K${line}${share < 1 ? '' : '\n'}` : `${text}\n`);
  };
}
