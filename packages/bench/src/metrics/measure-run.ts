import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  channelStatistics,
  createNetwork,
  DistillError,
  modelMetadata,
  resolveEngine,
} from '@distilljs/core';
import type { Dataset, Normalization } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { allSeeds } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { loadIdentitySets, loadListIdentities, loadUnseenClasses } from '../dataset/index.js';
import type { IdentitySet, IdentitySets, Surroundings } from '../dataset/index.js';
import { dataFingerprints, loadRunData } from '../run/datasets.js';
import { expectSameData } from '../run/open-folder.js';
import { buildModel, isModelName } from '../model/index.js';
import { measuredModels } from '../run/kept-files.js';
import { loadTeacher, seeing } from '../run/load-teacher.js';
import { missingRun, runFolder, UnfinishedRun } from '../run/run-folder.js';
import { loadSavedStudent } from '../run/saved-student.js';
import { readMethodResult, readRun } from '../run/stored.js';
import { writeJson } from '../run/write-json.js';
import { summarize } from '../statistics/index.js';
import type { Summary } from '../statistics/index.js';
import { embed, embedder, embeddingTap, teacherEmbedder, teacherTap } from './embed.js';
import type { Embedder } from './embed.js';
import { measure } from './protocols.js';
import type { EmbeddedSet, EmbeddedSets, Measures } from './protocols.js';

/** Version of the layout of metrics.json. */
export const METRICS_SCHEMA = 1;

/** metrics.json: how well the embeddings of a run's networks recognize identities. */
export interface RunMetrics {
  readonly schema: typeof METRICS_SCHEMA;
  readonly run: string;
  /** What was measured, in words. */
  readonly images: string;
  /** Measures of each network. */
  readonly networks: readonly MeasuredNetwork[];
  /** Per method, over its seeds. */
  readonly methods: readonly MeasuredMethod[];
}

export interface MeasuredNetwork {
  readonly method: string;
  /** Undefined for the teacher. */
  readonly seed: number | undefined;
  /** The layer whose output is the embedding. */
  readonly tap: string;
  readonly width: number;
  readonly measures: Measures;
}

export interface MeasuredMethod {
  readonly method: string;
  /** Summaries over seeds, without NaN. */
  readonly measures: Readonly<Record<string, Summary>>;
}

export interface MetricsOptions {
  /** The layer whose output is the embedding. Default: the input of the last dense layer. */
  readonly tap?: string | undefined;
  readonly say?: ((text: string) => void) | undefined;
  readonly meter?: Surroundings['meter'];
}

/**
 * Measures the embeddings of a run's teacher and finished students, and writes report/metrics.json. Datasets of identities are measured
 * on their queries and gallery, CIFAR with `unseenClasses` on these classes, lists with identities on those of the test images, all
 * others on the classes of the test images.
 *
 * @throws DistillError code `data` when the folder holds no run, or no finished training; `tap` for a layer that a network lacks
 */
export async function measureRun(root: string, options: MetricsOptions = {}): Promise<RunMetrics> {
  const folder = runFolder(root);
  const run = await readRun(folder);
  if (run === undefined) throw missingRun(root);
  const { config } = run;
  await resolveEngine(config.engine);
  const data = await loadRunData(config, options);
  expectSameData(folder, run, dataFingerprints(data));
  const sets = await setsOf(config, data.test, options);
  const own = await channelStatistics(data.train);
  const networks: MeasuredNetwork[] = [];
  const add = async (
    { method, seed, tap }: Pick<MeasuredNetwork, 'method' | 'seed' | 'tap'>,
    ask: Embedder,
    normalization: Normalization,
  ): Promise<void> => {
    const embedded: Partial<Record<keyof EvaluationSets, EmbeddedSet>> = {};
    for (const [name, set] of Object.entries(sets) as [keyof EvaluationSets, IdentitySet | undefined][])
      if (set !== undefined)
        // In a list with cameras, the queries are the gallery too.
        embedded[name] =
          name !== 'query' && set === sets.query
            ? (embedded.query as EmbeddedSet)
            : { ...set, embeddings: await embed(ask, set.dataset, normalization, tap) };
    const { gallery, distractors } = embedded;
    const query = embedded.query as EmbeddedSet;
    const measured: EmbeddedSets = { query, gallery, distractors: distractors?.embeddings };
    networks.push({ method, seed, tap, width: query.embeddings.width, measures: measure(measured) });
    options.say?.(`Measured ${method}${seed === undefined ? '' : ` seed ${seed}`}`);
  };
  const teacher = existsSync(folder.teacher.result)
    ? await loadTeacher(config, data, folder.teacher)
    : undefined;
  if (teacher !== undefined) {
    try {
      const tap = teacherTap(teacher, options.tap);
      const ask = teacherEmbedder(seeing(teacher, data, own));
      if (tap !== undefined) await add({ method: 'teacher', seed: undefined, tap }, ask, own);
      else
        options.say?.(
          'The teacher is left out because its embedding is unknown. Name it: teacher.taps: { embedding: NAME }',
        );
    } finally {
      teacher.network.dispose();
    }
  }
  for (const { as } of config.methods) {
    for (const seed of allSeeds(config)) {
      const place = folder.student(as, seed);
      const result = await readMethodResult(place, as, seed);
      if (result === undefined) continue;
      const cohort = result.cohort?.networks ?? [];
      // In a cohort, only networks with the student's model count, as in the report.
      for (const [at, path] of (await measuredModels(place, result)).entries()) {
        if (cohort[at]?.counted === false) continue;
        const model = await loadSavedStudent(path, config, data.train);
        const taps = aliasesOf(model, config, cohort[at]?.model, data.train);
        const network = createNetwork(model, { taps });
        const tap = embeddingTap(network, options.tap);
        const normalization = modelMetadata(model)?.normalization ?? own;
        await add({ method: as, seed, tap }, embedder(network), normalization).finally(() => {
          network.dispose();
        });
      }
    }
  }
  if (networks.every(({ seed }) => seed === undefined)) throw new UnfinishedRun(root);
  const metrics: RunMetrics = {
    schema: METRICS_SCHEMA,
    run: root,
    images: wordsFor(sets),
    networks,
    methods: [...new Set(networks.map(({ method }) => method))].map((method) => summarized(method, networks)),
  };
  await writeJson(join(folder.report, 'metrics.json'), metrics);
  return metrics;
}

/** The run's tap names for the student's layers that the saved network still has. */
export function aliasesOf(
  { layers }: LayersModel,
  { student }: RunConfig,
  model: string = student.model,
  { imageShape, classes }: Dataset,
): Readonly<Record<string, string>> {
  const built = isModelName(model)
    ? buildModel(model, { imageShape, classes }, { weights: 'zero' })
    : undefined;
  built?.model.dispose();
  const there = new Set(layers.map(({ name }) => name));
  const taps = Object.entries(built?.taps ?? student.taps ?? {});
  return Object.fromEntries(taps.filter(([, layer]) => there.has(layer)));
}

interface EvaluationSets {
  readonly query: IdentitySet;
  readonly gallery?: IdentitySet | undefined;
  readonly distractors?: IdentitySet | undefined;
}

/** The dataset's identity sets; else the test images, with their classes as identities. */
async function setsOf(config: RunConfig, test: Dataset, options: MetricsOptions): Promise<EvaluationSets> {
  const { query, gallery, distractors } = await identitySetsOf(config, options);
  if (query === undefined) expectIdentities(test);
  return {
    query: query ?? { dataset: test, labels: test.labels ?? new Int32Array(test.size).fill(-1) },
    gallery,
    distractors,
  };
}

async function identitySetsOf({ dataset }: RunConfig, options: MetricsOptions): Promise<IdentitySets> {
  if (dataset.name === 'identities') return await loadIdentitySets(dataset, options);
  if (dataset.name === 'list') return await loadListIdentities(dataset, options);
  return dataset.name === 'cifar10' || dataset.name === 'cifar100' ? loadUnseenClasses(dataset) : {};
}

/** Refuses test images without labels, or of a single class: there is nothing to recognize. */
export function expectIdentities({ name, labels = new Int32Array() }: Dataset): void {
  const found = new Set(labels);
  const got = found.has(-1)
    ? 'images without a label'
    : found.size === 0
      ? 'no labels'
      : found.size === 1
        ? 'one class alone'
        : undefined;
  if (got === undefined) return;
  throw new DistillError({
    code: 'data',
    where: `dataset '${name}', test images`,
    expected: 'labels of at least two classes, to measure embeddings with',
    got,
  });
}

function wordsFor({ query, gallery, distractors }: EvaluationSets): string {
  const count = (set: IdentitySet | undefined, what: string): readonly string[] =>
    set === undefined ? [] : [`${set.labels.length} ${what}`];
  const parts = [
    ...count(query, gallery === undefined ? 'images' : 'queries'),
    ...count(gallery, 'in the gallery'),
    ...count(distractors, 'distractors'),
  ];
  return parts.join(', ');
}

function summarized(method: string, networks: readonly MeasuredNetwork[]): MeasuredMethod {
  const own = networks.filter((network) => network.method === method);
  const seeds = [...new Set(own.map(({ seed }) => seed))];
  // A cohort's networks of one seed count as one measurement, their mean.
  const perSeed = (name: string): number[] =>
    seeds
      .map((seed) =>
        own.filter((network) => network.seed === seed).map(({ measures }) => measures[name] ?? NaN),
      )
      .map((values) => values.reduce((sum, value) => sum + value, 0) / values.length)
      .filter(Number.isFinite);
  const names = Object.keys(own[0]?.measures ?? {});
  return {
    method,
    measures: Object.fromEntries(
      names.flatMap((name) => {
        const values = perSeed(name);
        return values.length === 0 ? [] : [[name, summarize(values)]];
      }),
    ),
  };
}
