/**
 * What is compared with what. A ratio is ours by theirs, or after by before: smaller is better.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {'node' | 'wasm' | 'memory'} part
 * @property {string} ours key of a measurement
 * @property {string} theirs key of a measurement
 * @property {number} target met where the ratio is at most this
 * @property {string} unit of both measurements
 */

/** @type {readonly Row[]} */
export const ROWS = [
  {
    name: 'resnet20 b64 student step, node : PyTorch NCHW',
    part: 'node',
    ours: 'node student',
    theirs: 'torch student',
    target: 0.8,
    unit: 'ms',
  },
  {
    name: 'resnet20 b64 student step, node : PyTorch channels_last',
    part: 'node',
    ours: 'node student',
    theirs: 'torch student-channels-last',
    target: 1,
    unit: 'ms',
  },
  {
    name: 'resnet56 to resnet20 b64 KD step, live teacher, node : PyTorch NCHW',
    part: 'node',
    ours: 'node kd',
    theirs: 'torch kd',
    target: 0.7,
    unit: 'ms',
  },
  {
    name: 'resnet56 to resnet20 b64 KD step, teacher cached for 2 views, node : PyTorch NCHW, live',
    part: 'node',
    ours: 'node kd cached',
    theirs: 'torch kd',
    target: 0.45,
    unit: 'ms',
  },
  {
    name: 'resnet20 b64 step, node, cckd : kd',
    part: 'node',
    ours: 'node cckd',
    theirs: 'node kd',
    target: 1.15,
    unit: 'ms',
  },
  {
    name: 'resnet20 b64 student step, wasm : PyTorch NCHW',
    part: 'wasm',
    ours: 'wasm student',
    theirs: 'torch student',
    target: 5,
    unit: 'ms',
  },
  {
    name: 'resnet20 b8 student step, wasm : cpu',
    part: 'wasm',
    ours: 'wasm student small',
    theirs: 'cpu student small',
    target: 1 / 40,
    unit: 'ms',
  },
  ...['student', 'kd'].flatMap((method) => [
    {
      name: `live tensors of ${method}, last step : step 50`,
      part: /** @type {const} */ ('memory'),
      ours: `node tensors ${method} end`,
      theirs: `node tensors ${method} early`,
      target: 1,
      unit: 'tensors',
    },
    {
      name: `resident memory of ${method}, last step : step 50`,
      part: /** @type {const} */ ('memory'),
      ours: `node MiB ${method} end`,
      theirs: `node MiB ${method} early`,
      target: 1.05,
      unit: 'MiB',
    },
  ]),
];

/**
 * A row with what came out.
 *
 * @typedef {Row & { ratio: number | null, met: boolean | null, oursValue: number | null, theirsValue: number | null,
 *   rounds: number, missing: string | undefined }} Result
 */

/**
 * The ratio of each row: per round, because the machine may change between rounds, and of these the median.
 *
 * @param {readonly Row[]} rows
 * @param {readonly ReadonlyMap<string, number>[]} rounds measurements by key
 * @param {ReadonlyMap<string, string>} missing why the measurements whose keys begin so are not there
 * @returns {Result[]}
 */
export function resultsOf(rows, rounds, missing) {
  return rows.map((row) => {
    const pairs = rounds.flatMap((round) => {
      const ours = round.get(row.ours);
      const theirs = round.get(row.theirs);
      return ours === undefined || theirs === undefined ? [] : [{ ours, theirs }];
    });
    if (pairs.length === 0) {
      const reason = [...missing].find(
        ([key]) => row.ours.startsWith(key) || row.theirs.startsWith(key),
      )?.[1];
      const none = { ratio: null, met: null, oursValue: null, theirsValue: null, rounds: 0 };
      return { ...row, ...none, missing: reason ?? 'not measured' };
    }
    const ratio = median(pairs.map(({ ours, theirs }) => ours / theirs));
    return {
      ...row,
      ratio,
      met: ratio <= row.target,
      oursValue: median(pairs.map(({ ours }) => ours)),
      theirsValue: median(pairs.map(({ theirs }) => theirs)),
      rounds: pairs.length,
      missing: undefined,
    };
  });
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
