import type { DatasetName } from '../dataset/index.js';
import type { Report } from './report-data.js';

const DATASETS: Readonly<Record<DatasetName, string>> = {
  synthetic: 'synthetic images',
  cifar10: 'CIFAR-10',
  cifar100: 'CIFAR-100',
};

/** What a report is called. */
export function title({ config }: Report): string {
  const { teacher, student, dataset } = config;
  return `${student.model} taught by ${teacher.model} on ${DATASETS[dataset.name]}`;
}

/** The command that makes the same run again, from inside the run folder. */
export const REPRODUCTION = 'distill-bench run --config config.json --out ../again';
