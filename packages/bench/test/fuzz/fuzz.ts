import { inspect, parseArgs } from 'node:util';
import fc from 'fast-check';
import { checker } from './child-process.js';
import type { FuzzTarget } from './target.js';
import { targets } from './targets/index.js';

/** What came of the cases of one target. */
export interface Figures {
  readonly target: string;
  readonly cases: number;
  /** Number of cases by outcome: `right`, or the code of a refusal. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowestMilliseconds: number;
  readonly peakMebibytes: number;
  /** The smallest case found that fails, how to run it again, and why it fails. */
  readonly failure: string | null;
}

interface Run {
  readonly cases: number;
  readonly seed: number;
  /** Where fast-check found a failure. */
  readonly path: string | undefined;
  /** A target that takes longer ends with the cases that it had. */
  readonly minutes: number;
}

/** Checks cases of a target until one fails. That one is made smaller as long as what is left fails. */
async function fuzz({ name, arbitrary }: FuzzTarget, { cases, seed, path, minutes }: Run): Promise<Figures> {
  const checks = checker(process.env['FUZZ_CHILD'] ?? '');
  const outcomes: Record<string, number> = {};
  const failing: { readonly input: unknown; readonly fault: string }[] = [];
  let slowest = 0;
  let peak = 0;
  const property = fc.asyncProperty(arbitrary, async (input) => {
    const answer = await checks.ask({ target: name, input });
    if ('fault' in answer) {
      if (failing.length === 0)
        process.stderr.write(
          `${name}: a case fails and is made smaller: ${answer.fault}\n${inspect(input, INSPECTED)}\n`,
        );
      failing.push({ input, fault: answer.fault });
      throw new Error(answer.fault);
    }
    outcomes[answer.outcome] = (outcomes[answer.outcome] ?? 0) + 1;
    slowest = Math.max(slowest, answer.milliseconds);
    peak = Math.max(peak, answer.peakBytes);
  });
  const more = path === undefined ? {} : { path };
  const details = await fc.check(property, {
    seed,
    numRuns: cases,
    interruptAfterTimeLimit: minutes * 60_000,
    ...more,
  });
  checks.close();
  // The limit may come while a case is made smaller.
  const last = failing.at(-1);
  return {
    target: name,
    cases: details.numRuns,
    outcomes: Object.fromEntries(Object.entries(outcomes).sort(([, a], [, b]) => b - a)),
    slowestMilliseconds: Math.round(slowest),
    peakMebibytes: Math.round(peak / 2 ** 20),
    failure: details.failed
      ? failureText(name, details)
      : last === undefined
        ? null
        : `${inspect(last.input, INSPECTED)}\n${last.fault}`,
  };
}

const INSPECTED = { depth: 12, maxStringLength: 400, maxArrayLength: 60 };

function failureText(name: string, details: fc.RunDetails<[unknown]>): string {
  const { seed, counterexamplePath, counterexample, errorInstance } = details;
  if (details.numRuns === 0 && errorInstance === null) return 'no case ended before the limit';
  const again = `npm run fuzz -- --only ${name} --seed ${seed} --path ${counterexamplePath ?? ''}`;
  const value = inspect(counterexample, INSPECTED);
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return `${again}\n${value}\n${reason}`;
}

function figuresText({
  target,
  cases,
  outcomes,
  slowestMilliseconds,
  peakMebibytes,
  failure,
}: Figures): string {
  const counts = Object.entries(outcomes).map(([code, count]) => `${code} ${count}`);
  const sizes = `slowest ${slowestMilliseconds} ms, peak ${peakMebibytes} MiB`;
  const line = `${target}: ${cases} cases (${counts.join(', ')}), ${sizes}`;
  return failure === null ? line : `${line}\nFAILED ${failure}`;
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    path: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const run: Run = {
  cases: Number(values.cases),
  seed: Number(values.seed),
  path: values.path,
  minutes: Number(values.minutes),
};
const names = targets.map(({ name }) => name);
const wrong = [
  ...values.only
    .filter((name) => !names.includes(name))
    .map((name) => `--only ${name}: there are ${names.join(', ')}`),
  ...[run.cases, run.seed, run.minutes]
    .filter((number) => !Number.isSafeInteger(number))
    .map(() => '--cases, --seed and --minutes take whole numbers'),
];
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join('\n')}\n`);
  process.exit(2);
}
for (const target of targets) {
  if (values.only.length > 0 && !values.only.includes(target.name)) continue;
  const figures = await fuzz(target, run);
  process.stdout.write(`${values.json ? JSON.stringify(figures) : figuresText(figures)}\n`);
  if (figures.failure !== null) process.exitCode = 1;
}
