import type { GraphUse } from '@distilljs/core';
import type { RunEnvironment } from '../report/index.js';
import type { EngineUse } from './kernel-counter.js';
import type { SpeedSettings } from './settings.js';

/** Version of {@link SpeedReport}, raised when a field changes its meaning or is removed. */
export const SPEED_SCHEMA = 1;

/** The output of `distill-bench speed --json`. Times are in milliseconds, sizes in bytes. */
export interface SpeedReport {
  readonly schema: typeof SPEED_SCHEMA;
  readonly environment: RunEnvironment;
  readonly settings: SpeedSettings;
  readonly student: NetworkSize;
  readonly ceiling: { readonly matmul: CeilingResult; readonly conv: CeilingResult };
  /** Part of `stepMs`: reading, augmenting and normalizing one batch, measured alone. */
  readonly dataMs: number;
  /** The teacher's forward pass alone, its images already on the engine. */
  readonly teacher: NetworkSize & { readonly forwardMs: StepTimes; readonly imagesPerSecond: number };
  readonly methods: readonly MethodSpeed[];
  readonly memory: readonly MemoryResult[];
  /** How steps ran on engine node; undefined where they ran operation by operation. */
  readonly graphs: GraphUse | undefined;
}

export interface NetworkSize {
  readonly model: string;
  readonly parameters: number;
  readonly macs: number;
}

export interface CeilingResult {
  readonly title: string;
  /** Rate of the fastest repetition. */
  readonly gflops: number;
}

/** Milliseconds of the timed steps. */
export interface StepTimes {
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
}

/** One phase of one method. */
export interface MethodSpeed {
  readonly method: string;
  readonly phase: string;
  /** Number of phases of the method. */
  readonly phases: number;
  readonly stepMs: StepTimes;
  readonly imagesPerSecond: number;
  /** Median step time divided by that of `kd`, minus 1; null where kd was not measured. */
  readonly overheadVsKd: number | null;
  /** CPU seconds per second while it ran. */
  readonly coresUsed: number;
  /** Arithmetic of one step: forward and backward of the students (3 × 2 × MACs) and forward of the teacher (2 × MACs). */
  readonly flopsPerStep: number;
  /** `flopsPerStep` in the median time, as a share of the higher ceiling. */
  readonly shareOfCeiling: number;
  readonly teacherImagesPerStep: number;
  /** The engine's work in one step; `kernelsPerStep` is the total number of kernels. */
  readonly use: EngineUse;
  readonly kernelsPerStep: number;
  /** Tensors that the run holds between two steps: networks, optimizer, heads. */
  readonly liveTensors: number;
  /** Live tensors after the last timed step minus those after the warm-up; anything but 0 is a leak. */
  readonly tensorGrowth: number;
  /** Largest resident memory of the process at the end of a turn of this method, including that of other methods. */
  readonly peakRss: number;
}

/** Memory of a long run of one method, early and at its end. */
export interface MemoryResult {
  readonly method: string;
  readonly early: MemoryPoint;
  readonly end: MemoryPoint;
  /** Resident memory at the end divided by that at the early step. */
  readonly rssRatio: number;
}

export interface MemoryPoint {
  readonly step: number;
  readonly tensors: number;
  readonly rss: number;
}
