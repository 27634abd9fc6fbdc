import type { Engine, EpochReport } from '@distilljs/core';
import type { PassTimes } from '../../src/cost/pass-times.js';

/** Images of one part of the data, NHWC, 0…255, and their classes. */
export interface ImageTable {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

/** Images that are ready for training. */
export interface PageData {
  /** What the report calls them. */
  readonly title: string;
  /** Of the built-in sample: what `distill-bench` makes the same images of. */
  readonly sample?: SampleOptions | undefined;
  readonly classNames: readonly string[];
  readonly imageShape: readonly [number, number, number];
  readonly train: ImageTable;
  readonly validation: ImageTable;
  readonly test: ImageTable;
}

/** The built-in sample, as a configuration of the bench describes it. */
export interface SampleOptions {
  readonly classes: number;
  readonly superclasses: number;
  readonly trainSize: number;
  readonly testSize: number;
  readonly difficulty: number;
  readonly imageSize: number;
  readonly seed: number;
}

/** A saved tfjs layers model: `model.json`, which names `weights.bin`. */
export interface ModelFiles {
  readonly json: string;
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** A teacher that the visitor brought. */
export interface OwnTeacher {
  readonly name: string;
  readonly files: ModelFiles;
  /** What it was trained with, where its files do not say. */
  readonly pixels: PixelRange;
}

/** How pixels 0…255 become the values that a network was trained with. */
export type PixelRange = 'saved' | '0…1' | '−1…1' | '0…255' | 'imagenet';

export interface Settings {
  readonly student: string;
  readonly methods: readonly string[];
  readonly epochs: number;
  readonly teacherEpochs: number;
  readonly seed: number;
  readonly engine: 'auto' | 'webgpu' | 'wasm' | 'cpu';
}

/** What a training came to, as its worker measured it. */
export interface Measured {
  readonly last: number;
  readonly best: number;
  readonly validationBest: number | undefined;
  readonly bestEpoch: number | undefined;
  readonly history: readonly EpochReport[];
  /** The predictions of the test images, as the bench keeps them. */
  readonly predictions: Uint8Array<ArrayBuffer>;
  readonly options: object;
  readonly model: string;
  readonly parameters: number;
  readonly macs: number;
  readonly trainParameters: number;
  readonly inferenceParameters: number;
  readonly inferenceMacs: number;
  readonly latency: readonly PassTimes[];
  readonly warnings: readonly string[];
  readonly engine: Engine;
  readonly source: string;
}

/** A training that is done. */
export interface Finished {
  readonly measured: Measured;
  readonly files: ModelFiles;
}

/** `teacher`, or a method of the catalog. */
export type JobName = string;

export interface JobInput {
  readonly job: JobName;
  readonly data: PageData;
  readonly settings: Settings;
  readonly teacher?: TrainedTeacher | undefined;
}

/** The teacher of the students: trained here, or brought. */
export type TrainedTeacher =
  { readonly kind: 'trained'; readonly files: ModelFiles } | ({ readonly kind: 'own' } & OwnTeacher);

/** Everything that a run needs to go on after a reload. */
export interface StoredRun {
  readonly id: string;
  readonly data: PageData;
  readonly settings: Settings;
  readonly ownTeacher?: OwnTeacher | undefined;
}

/** The network that the built-in teacher is. */
export const TEACHER_MODEL = 'plain16';
export const TEACHER: JobName = 'teacher';

/** The trainings of a run in order: a teacher's is there for one that was brought too, which is only measured. */
export const jobsOf = ({ settings }: Pick<StoredRun, 'settings'>): readonly JobName[] => [
  TEACHER,
  ...settings.methods,
];
