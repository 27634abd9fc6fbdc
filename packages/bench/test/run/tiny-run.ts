/** Arguments of the smallest run that still has everything: three methods, two seeds, a teacher, on wasm, in seconds. */
export const TINY_RUN: readonly string[] = [
  '--preset',
  'quick',
  '--engine',
  'wasm',
  '--seeds',
  '0,1',
  '--epochs',
  '3',
  '--batch-size',
  '16',
  ...[
    'teacher.epochs=2',
    'teacher.model=plain8',
    'dataset.imageSize=12',
    'dataset.trainSize=108',
    'dataset.testSize=36',
    'dataset.classes=6',
    'dataset.superclasses=3',
  ].flatMap((setting) => ['--set', setting]),
];

/** Fields of a row that the clock decides; everything else is decided by the seed. */
const TIMED = ['secondsPerEpoch', 'overheadVsStudent', 'cost'];

/** Rows of a report.json without what the clock decides. */
export function untimedRows(reportJson: string): unknown {
  const untimed = (key: string, value: unknown): unknown => (TIMED.includes(key) ? undefined : value);
  return (JSON.parse(reportJson, untimed) as { readonly rows: unknown }).rows;
}
