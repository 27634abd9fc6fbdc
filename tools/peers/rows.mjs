/**
 * One comparison. Its ratio is ours divided by theirs, or after divided by before: smaller is better.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {'node' | 'small' | 'wasm' | 'memory' | 'webgpu'} part
 * @property {string} ours key of a measurement
 * @property {string} theirs key of a measurement
 * @property {number | null} target met where the ratio is at most this; null for a row without one
 * @property {string} unit of both measurements
 */

/** Methods whose small steps are compared with and without graphs. */
export const SMALL_STEPS = /** @type {const} */ (['kd', 'cckd', 'afd', 'mhgd']);

/** @type {readonly Row[]} */
export const ROWS = [
  times('node', 'resnet20 b64 student step, node : PyTorch NCHW', 'node student', 'torch student', 0.75),
  times(
    'node',
    'resnet20 b64 student step, node : PyTorch channels_last',
    'node student',
    'torch student-channels-last',
    1,
  ),
  times(
    'node',
    'resnet20 b64 student step, node : torch.compile channels_last',
    'node student',
    'torch student-compiled',
  ),
  times(
    'node',
    'resnet56 to resnet20 b64 KD step, live teacher, node : PyTorch NCHW',
    'node kd',
    'torch kd',
    0.6,
  ),
  times(
    'node',
    'resnet56 to resnet20 b64 KD step, live teacher, node : torch.compile channels_last',
    'node kd',
    'torch kd-compiled',
    0.95,
  ),
  times(
    'node',
    'resnet56 to resnet20 b64 KD step, teacher cached for 2 views, node : PyTorch NCHW, live',
    'node kd cached',
    'torch kd',
    0.4,
  ),
  times('node', 'resnet20 b64 step, node, cckd : kd', 'node cckd', 'node kd', 1.15),
  times('node', 'resnet20 b64 step, node, mhgd transfer : kd', 'node mhgd transfer', 'node kd', 1.5),
  times('node', 'resnet20 b64 step, node, afd of a pair : dml', 'node afd', 'node dml', 1.5),
  ...SMALL_STEPS.map((method) => {
    const phase = method === 'mhgd' ? ' transfer' : '';
    return times(
      'small',
      `resnet20 to resnet8 b16 ${method}${phase} step, node, as a graph : op by op`,
      `node ${method}${phase} small`,
      `node ${method}${phase} small eager`,
      0.45,
    );
  }),
  times(
    'small',
    'resnet20 to resnet8 b16 kd step, node, as a graph : PyTorch NCHW',
    'node kd small',
    'torch kd-small',
  ),
  times(
    'small',
    'resnet20 to resnet8 b16 kd step, node, op by op : PyTorch NCHW',
    'node kd small eager',
    'torch kd-small',
  ),
  times('wasm', 'resnet20 b64 student step, wasm : PyTorch NCHW', 'wasm student', 'torch student', 1.5),
  times('wasm', 'resnet20 b8 student step, wasm : cpu', 'wasm student small', 'cpu student small', 1 / 40),
  times(
    'webgpu',
    'resnet20 b64 student step, webgpu : PyTorch on CUDA',
    'webgpu student',
    'torch gpu student',
  ),
  times('webgpu', 'resnet56 to resnet20 b64 KD step, webgpu : PyTorch on CUDA', 'webgpu kd', 'torch gpu kd'),
  times(
    'webgpu',
    'wrn-40-2 to wrn-16-2 b128 KD step, webgpu : PyTorch on CUDA',
    'webgpu kd wide',
    'torch gpu kd-wide',
  ),
  {
    name: 'largest difference of losses between webgpu and cpu, resnet8, as a share of them : 0.001',
    part: 'webgpu',
    ours: 'webgpu difference',
    theirs: 'webgpu tolerance',
    target: 1,
    unit: 'of the loss',
  },
  ...['node', 'wasm'].flatMap((engine) =>
    ['student', 'kd'].flatMap((method) => [
      {
        name: `live tensors of ${method} on ${engine}, last step : step 50`,
        part: /** @type {const} */ ('memory'),
        ours: `${engine} tensors ${method} end`,
        theirs: `${engine} tensors ${method} early`,
        target: 1,
        unit: 'tensors',
      },
      {
        name: `resident memory of ${method} on ${engine}, last step : step 50`,
        part: /** @type {const} */ ('memory'),
        ours: `${engine} MiB ${method} end`,
        theirs: `${engine} MiB ${method} early`,
        target: 1.05,
        unit: 'MiB',
      },
    ]),
  ),
];

/**
 * A row of milliseconds.
 *
 * @param {Row['part']} part
 * @param {string} name
 * @param {string} ours
 * @param {string} theirs
 * @param {number} [target] left out where the row only informs
 * @returns {Row}
 */
function times(part, name, ours, theirs, target) {
  return { name, part, ours, theirs, target: target ?? null, unit: 'ms' };
}

/**
 * A row with its result.
 *
 * @typedef {Row & { ratio: number | null, met: boolean | null, oursValue: number | null, theirsValue: number | null,
 *   rounds: number, missing: string | undefined }} Result
 */

/**
 * The ratio of each row: the median of the ratios per round, because the machine may change between rounds.
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
      met: row.target === null ? null : ratio <= row.target,
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
