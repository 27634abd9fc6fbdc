import type { Engine, EpochReport } from '@distilljs/core';
import type { PassTimes } from '../../src/cost/pass-times.js';

/**
 * Images of one part of the data and their classes. The pixels, NHWC, 0…255, lie outside the page's memory: handing them to a
 * worker or to the browser's storage copies nothing.
 */
export interface ImageTable {
  readonly pixels: Blob;
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

/** A teacher that the visitor brought: a layers model, a graph model, or an ONNX file, with all files that it needs. */
export interface OwnTeacher {
  readonly name: string;
  readonly files: readonly File[];
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
  /** Times the usual learning rate. */
  readonly rate: number;
  /** The first one. */
  readonly seed: number;
  /** How many students each method trains. */
  readonly seeds: number;
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
  /** Of a teacher that was brought there are none: the run has its files. */
  readonly files: ModelFiles | undefined;
  readonly outputs?: KnownOutputs | undefined;
}

/** `teacher`, or the name of a cell. */
export type JobName = string;

/** A student: one method with one seed. */
export interface Cell {
  readonly name: JobName;
  readonly method: string;
  readonly seed: number;
}

export interface JobInput {
  /** Undefined for the teacher's own training. */
  readonly cell: Cell | undefined;
  readonly data: PageData;
  readonly settings: Settings;
  readonly teacher?: TrainedTeacher | undefined;
}

/** What a teacher out of reach said of each training image before training: 32-bit floats, row by row. */
export interface KnownOutputs {
  readonly logits: Blob;
  readonly embedding: Blob;
}

/** The teacher of the students: trained here, brought, or CLIP, which has said everything. */
export type TrainedTeacher =
  | { readonly kind: 'trained'; readonly files: ModelFiles }
  | ({ readonly kind: 'own' } & OwnTeacher)
  | ({ readonly kind: 'clip' } & KnownOutputs);

/** The teacher of a run, before anything was done. */
export type RunTeacher =
  { readonly kind: 'built-in' } | ({ readonly kind: 'own' } & OwnTeacher) | { readonly kind: 'clip' };

/** Everything that a run needs to go on after a reload. */
export interface StoredRun {
  readonly id: string;
  readonly data: PageData;
  readonly settings: Settings;
  readonly teacher: RunTeacher;
}

/** The network that the built-in teacher is. */
export const TEACHER_MODEL = 'plain16';
export const TEACHER: JobName = 'teacher';

/** Seed by seed, so that methods can be compared as early as possible. */
export const cellsOf = ({
  settings: { methods, seed: first, seeds },
}: Pick<StoredRun, 'settings'>): readonly Cell[] =>
  Array.from({ length: seeds }, (_, at) => first + at).flatMap((seed) =>
    methods.map((method) => ({ name: seeds === 1 ? method : `${method}, seed ${seed}`, method, seed })),
  );

/** The trainings of a run in order: a teacher's is there for one that was brought too, which is only measured. */
export const jobsOf = (run: Pick<StoredRun, 'settings'>): readonly JobName[] => [
  TEACHER,
  ...cellsOf(run).map(({ name }) => name),
];
