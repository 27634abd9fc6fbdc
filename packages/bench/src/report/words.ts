import { stringify } from 'yaml';
import type { RunConfig } from '../config/index.js';
import type { DatasetName } from '../dataset/index.js';
import type { Report } from './report-data.js';

const DATASETS: Readonly<Record<DatasetName, string>> = {
  synthetic: 'synthetic images',
  folder: 'images of a folder',
  list: 'images of a list',
  cifar10: 'CIFAR-10',
  cifar100: 'CIFAR-100',
  svhn: 'SVHN',
  idx: 'images of IDX files',
  npz: 'images of numpy files',
  parquet: 'images of Parquet files',
  cinic10: 'CINIC-10',
  'tiny-imagenet': 'Tiny-ImageNet',
  imagenet: 'ImageNet',
  identities: 'images of identities',
  given: 'images of a program',
};

/** The title of a report. It names the actual teacher, not the one that a preset would have trained. */
export function title({ config: { student, dataset }, teacher }: Report): string {
  return `${student.model} taught by ${teacher.model} on ${dataset.name === 'given' ? (dataset.title ?? DATASETS.given) : DATASETS[dataset.name]}`;
}

/** How the teacher was used. */
export function teacherWords({ teacher: { kind = 'live', views } }: RunConfig): string {
  const shown =
    views === undefined
      ? 'each epoch drew new augmentations'
      : `each image had ${views} fixed ${views === 1 ? 'augmentation' : 'augmentations'}`;
  const how = kind === 'live' ? 'The teacher ran at every step' : "The teacher's outputs were cached";
  return `${how}; ${shown}.`;
}

/** The command that makes the same run again, from inside the run folder. */
export const REPRODUCTION = 'distill-bench run --config config.json --out ../again';

/** A configuration as a file that reproduces the run: one line per key, methods by name where they have no other fields. */
export function configText(config: RunConfig): string {
  const methods = config.methods.map((method) => {
    const { name, as, from, given, options, cohort } = method;
    const more = {
      ...(from !== undefined && { from }),
      ...(given === true && { given }),
      ...(as !== name && { as }),
      ...(Object.keys(options).length > 0 && { options }),
      ...(cohort !== undefined && { cohort }),
    };
    return Object.keys(more).length === 0 ? name : { name, ...more };
  });
  return Object.entries({ ...config, methods })
    .map(([key, value]) => `${key}: ${stringify(value, { collectionStyle: 'flow', lineWidth: 0 })}`)
    .join('');
}
