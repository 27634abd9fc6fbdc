import type { Dataset } from '@distilljs/core';
import { DistillError } from '@distilljs/core';
import { cinic10Format } from './cinic10.js';
import type { Cinic10Source } from './cinic10.js';
import { cifarFormat } from './cifar.js';
import type { CifarSource } from './cifar.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import { folderFormat } from './folder.js';
import type { FolderSource } from './folder.js';
import { givenFormat } from './given.js';
import type { GivenSource } from './given.js';
import { identitiesFormat } from './identities.js';
import type { IdentitiesSource } from './identities.js';
import { idxFormat } from './idx.js';
import type { IdxSource } from './idx.js';
import { listFormat } from './list.js';
import type { ListSource } from './list.js';
import { imagenetFormat } from './imagenet.js';
import type { ImagenetSource } from './imagenet.js';
import { npzFormat } from './npz.js';
import type { NpzSource } from './npz.js';
import { parquetFormat } from './parquet.js';
import type { ParquetSource } from './parquet.js';
import { svhnFormat } from './svhn.js';
import type { SvhnSource } from './svhn.js';
import { tinyImagenetFormat } from './tiny-imagenet.js';
import type { TinyImagenetSource } from './tiny-imagenet.js';
import { syntheticFormat } from './synthetic.js';
import type { SyntheticSource } from './synthetic.js';

/** Where a run's images come from: the `dataset` part of a configuration. */
export type DatasetSource =
  | SyntheticSource
  | FolderSource
  | ListSource
  | CifarSource
  | SvhnSource
  | IdxSource
  | NpzSource
  | Cinic10Source
  | TinyImagenetSource
  | ImagenetSource
  | ParquetSource
  | IdentitiesSource
  | GivenSource;

export type DatasetName = DatasetSource['name'];

type Formats = { readonly [Name in DatasetName]: DatasetFormat<DatasetSource & { readonly name: Name }> };

/** Formats that need libraries import them when they load. */
const FORMATS: Formats = {
  synthetic: syntheticFormat,
  folder: folderFormat,
  list: listFormat,
  cifar10: cifarFormat('data_batch_*.bin, test_batch.bin'),
  cifar100: cifarFormat('train.bin, test.bin'),
  svhn: svhnFormat,
  idx: idxFormat,
  npz: npzFormat,
  parquet: parquetFormat,
  cinic10: cinic10Format,
  'tiny-imagenet': tinyImagenetFormat,
  imagenet: imagenetFormat,
  identities: identitiesFormat,
  given: givenFormat,
};

/** The datasets that a configuration can name, so not `given`. */
export const datasetNames = (Object.keys(FORMATS) as readonly DatasetName[]).filter(
  (name) => name !== 'given',
);

export const datasetSummary = (name: DatasetName): string => FORMATS[name].summary;

/**
 * Loads splits of a configured dataset.
 *
 * @throws DistillError code `data` or `option`, from the format
 */
export async function loadSplits(
  source: DatasetSource,
  wanted: readonly Split[],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  // A source and the format of its name belong together, which the type of a union cannot say.
  const format = FORMATS[source.name] as DatasetFormat<DatasetSource>;
  return await format.load(source, wanted, surroundings);
}

/**
 * Loads one split of a configured dataset.
 *
 * @throws DistillError code `data` or `option`, from the format; code `data` where the dataset has no such split
 */
export async function loadDataset(
  source: DatasetSource,
  split: Split,
  surroundings?: Surroundings,
): Promise<Dataset> {
  const { splits } = await loadSplits(source, [split], surroundings);
  const dataset = splits[split];
  if (dataset !== undefined) return dataset;
  throw new DistillError({
    code: 'data',
    where: `dataset ${source.name}`,
    expected: `${split} images`,
    got: 'none',
    hint: split === 'validation' ? 'Take them from the training images: splitValidation.' : undefined,
  });
}
