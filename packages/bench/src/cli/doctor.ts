import { ENGINES, isDistillError, resolveEngine } from '@distilljs/core';
import { folderItems, loadSplits } from '../dataset/index.js';
import { absenceAt, fileKind, statsAt } from '../file/index.js';
import { describeEnvironment } from '../run/environment.js';
import { styled } from '../terminal/index.js';
import { trainOneStep } from '../run/train-one-step.js';

/** The result of one check. */
export interface Finding {
  readonly kind: 'machine' | 'engine' | 'data';
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do when it is not ok. */
  readonly hint?: string | undefined;
}

/**
 * Checks the machine: versions, every engine (whether it loads, has the kernels, and performs a training step), and the data
 * folder if one is named. A missing engine is not an error unless none works.
 */
export async function examine(dataDir?: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, hint } of ENGINES) {
    try {
      const engine = await resolveEngine(name);
      const loss = await trainOneStep();
      findings.push({
        kind: 'engine',
        what: `engine ${name}`,
        ok: true,
        detail: `${engine.version}; one training step: loss ${loss.toFixed(4)}`,
      });
    } catch (error) {
      const detail = isDistillError(error) ? error.got.replace(`${name}: `, '') : String(error);
      findings.push({ kind: 'engine', what: `engine ${name}`, ok: false, detail, hint });
    }
  }
  // Refused engines have their own lines. The environment variable may name an engine that this machine lacks.
  const auto = await resolveEngine('auto', { warn: () => undefined }).catch((error: unknown) => {
    if (isDistillError(error)) return error;
    throw error;
  });
  const engine = isDistillError(auto) ? await resolveEngine('cpu') : auto;
  const { node, system, processor, cores, memoryGib, packages } = describeEnvironment(engine);
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  findings.unshift(
    {
      kind: 'machine',
      what: 'machine',
      ok: true,
      detail: `${system}, ${cores} × ${processor}, ${memoryGib} GiB`,
    },
    { kind: 'machine', what: 'versions', ok: true, detail: `Node ${node}, ${versions.join(', ')}` },
  );
  findings.push({
    kind: 'engine',
    what: 'engine auto',
    ...(isDistillError(auto)
      ? { ok: false, detail: `${auto.where}: ${auto.got}`, hint: auto.hint }
      : { ok: true, detail: auto.name }),
  });
  if (dataDir !== undefined) findings.push(...(await dataFindings(dataDir)));
  return findings;
}

/** Findings for each dataset in the folder; a single finding where it has none. */
async function dataFindings(dir: string): Promise<readonly Finding[]> {
  const looks = (['cifar10', 'cifar100'] as const).map(async (name): Promise<Finding> => {
    const what = `${name} in ${dir}`;
    try {
      const { train, test } = (await loadSplits({ name, dir }, ['train', 'test'])).splits;
      const detail = `${train?.size ?? 0} training and ${test?.size ?? 0} test images`;
      return { kind: 'data', what, ok: true, detail };
    } catch (error) {
      if (!isDistillError(error)) throw error;
      const { expected, got, hint } = error;
      return { kind: 'data', what, ok: false, detail: `expected ${expected}, got ${got}`, hint };
    }
  });
  const found = await Promise.all(looks);
  const stats = statsAt(dir);
  if (stats?.isDirectory() === true) {
    if (found.some(({ ok }) => ok)) return found;
    const photos = classFolders(dir);
    return photos.ok ? [photos] : [...found, photos];
  }
  const absence = absenceAt(dir)?.replace('no such file', 'no such folder');
  const detail = stats === undefined ? (absence ?? 'no such folder') : `${fileKind(stats)}, not a folder`;
  const hint = stats?.isFile() === true ? 'Unpack it, and name' : 'Name';
  return [
    {
      kind: 'data',
      what: dir,
      ok: false,
      detail,
      hint: `${hint} the folder with the original binary files.`,
    },
  ];
}

/** Whether the folder holds images in one folder per class. They are counted, not decoded. */
function classFolders(dir: string): Finding {
  const what = `images by class in ${dir}`;
  try {
    const { items, classNames } = folderItems({ dir });
    const { train = [], validation = [], test = [] } = items;
    const images = train.length + validation.length + test.length;
    const detail = `${images} images of ${classNames.length} classes; whether they can be read: \`distill-bench data verify --data-dir ${dir}\``;
    return { kind: 'data', what, ok: true, detail };
  } catch (error) {
    if (!isDistillError(error)) throw error;
    const { where, expected, got } = error;
    const hint = `For data in another format: \`distill-bench data stats --data-dir ${dir} --dataset NAME\`; \`distill-bench list datasets\` has the names.`;
    const detail = `${where === dir ? '' : `${where}: `}expected ${expected}, got ${got}`;
    return { kind: 'data', what, ok: false, detail, hint };
  }
}

/** False when a data folder was named and has no data. */
export function isUsable(findings: readonly Finding[]): boolean {
  const data = findings.filter(({ kind }) => kind === 'data');
  return data.length === 0 || data.some(({ ok }) => ok);
}

/** Findings as lines for a terminal. */
export function findingsText(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ what, ok, detail, hint }) =>
        `${ok ? styled('good', '✓') : styled('quiet', '–')} ${what}: ${detail}${hint === undefined ? '' : `\n    ${hint}`}`,
    )
    .join('\n');
}
