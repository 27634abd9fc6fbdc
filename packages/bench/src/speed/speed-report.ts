import type { GraphUse } from '@distilljs/core';
import type { RunEnvironment } from '../report/index.js';
import type { EngineUse } from './kernel-counter.js';
import type { SpeedSettings } from './settings.js';

/** Version of {@link SpeedReport}: raised when a field changes its meaning or goes. */
export const SPEED_SCHEMA = 1;

/** What `distill-bench speed --json` prints. Times are milliseconds, sizes bytes. */
export interface SpeedReport {
  readonly schema: typeof SPEED_SCHEMA;
  readonly environment: RunEnvironment;
  readonly settings: SpeedSettings;
  readonly student: NetworkSize;
  readonly ceiling: { readonly matmul: CeilingResult; readonly conv: CeilingResult };
  /** Of `stepMs`: reading, augmenting and normalising one batch, measured alone. */
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
  /** Of the fastest repetition. */
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
  /** Phases that the method has. */
  readonly phases: number;
  readonly stepMs: StepTimes;
  readonly imagesPerSecond: number;
  /** Median over that of `kd`, less 1; null where kd was not measured. */
  readonly overheadVsKd: number | null;
  /** Processor seconds per second while it ran. */
  readonly coresUsed: number;
  /** Arithmetic of one step: forward and backward of the students (3 × 2 × MACs) and forward of the teacher (2 × MACs). */
  readonly flopsPerStep: number;
  /** Share of the higher ceiling that `flopsPerStep` in the median time comes to. */
  readonly shareOfCeiling: number;
  readonly teacherImagesPerStep: number;
  /** Of one step; `kernelsPerStep` is the number of all of them. */
  readonly use: EngineUse;
  readonly kernelsPerStep: number;
  /** Tensors that the run holds between two steps: networks, optimizer, heads. */
  readonly liveTensors: number;
  /** Live tensors after the last timed step less those after the warm-up: 0, or something leaks. */
  readonly tensorGrowth: number;
  /** Largest resident memory of the process at the end of a step of this method; earlier methods' is in it. */
  readonly peakRss: number;
}

/** A long run of one method: what it holds early and at its end. */
export interface MemoryResult {
  readonly method: string;
  readonly early: MemoryPoint;
  readonly end: MemoryPoint;
  /** Resident memory at the end over that at the early step. */
  readonly rssRatio: number;
}

export interface MemoryPoint {
  readonly step: number;
  readonly tensors: number;
  readonly rss: number;
}
