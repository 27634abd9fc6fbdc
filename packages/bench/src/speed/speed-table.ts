import type { GraphUse } from '@distilljs/core';
import { terminalTable } from '../terminal/index.js';
import type { TableColumn } from '../terminal/index.js';
import type { MethodSpeed, SpeedReport } from './speed-report.js';

const MIB = 2 ** 20;

/** The report as tables for a terminal. */
export function speedText(report: SpeedReport): string {
  const { settings, student, teacher, ceiling, environment } = report;
  const lines = [
    `${settings.model} (${count(student.parameters)} parameters, ${count(student.macs)} MACs), batch ${settings.batchSize}, ` +
      `engine ${environment.engine.name} (${environment.engine.version})` +
      (settings.cachedViews > 0 ? `, teacher's outputs cached for ${settings.cachedViews} views` : ''),
    methodTable(report.methods),
    `Teacher ${teacher.model} alone: ${fixed(teacher.forwardMs.median)} ms forward, ` +
      `${fixed(teacher.imagesPerSecond, 0)} images/s. Reading a batch: ${fixed(report.dataMs)} ms of each step.`,
    `Ceiling: ${Object.values(ceiling)
      .map(({ title, gflops }) => `${title} ${fixed(gflops)} GFLOP/s`)
      .join('; ')}.`,
  ];
  if (report.graphs !== undefined) lines.push(graphText(report.graphs));
  if (report.memory.length > 0) lines.push(memoryTable(report.memory));
  return lines.join('\n');
}

function graphText({ graphs, runs, repeated, eager, issued }: GraphUse): string {
  const because = (what: string, reasons: readonly string[]): string =>
    reasons.length === 0 ? '' : ` ${what}: ${reasons.join('; ')}.`;
  return (
    `Steps as graphs: ${count(graphs)} graphs ran ${count(runs)} times, ${count(repeated)} parts of steps without their JavaScript.` +
    because('Operation by operation', eager) +
    because('JavaScript in every step', issued)
  );
}

function methodTable(methods: readonly MethodSpeed[]): string {
  return terminalTable(
    numericAfterFirst(
      'method',
      'ms min',
      'median',
      'p95',
      'img/s',
      'vs kd',
      'cores',
      '% of ceiling',
      'kernels',
      'tensors made',
      'live',
      'RSS MiB',
    ),
    methods.map((row) => {
      const { method, phase, phases, stepMs, use } = row;
      return [
        phases > 1 ? `${method}: ${phase}` : method,
        fixed(stepMs.min),
        fixed(stepMs.median),
        fixed(stepMs.p95),
        fixed(row.imagesPerSecond, 0),
        row.overheadVsKd === null ? '' : `${signed(100 * row.overheadVsKd)} %`,
        fixed(row.coresUsed),
        fixed(100 * row.shareOfCeiling, 0),
        String(row.kernelsPerStep),
        String(use.tensors),
        row.tensorGrowth === 0 ? String(row.liveTensors) : `${row.liveTensors} ${signed(row.tensorGrowth)}`,
        fixed(row.peakRss / MIB, 0),
      ];
    }),
  );
}

function memoryTable(memory: SpeedReport['memory']): string {
  return terminalTable(
    numericAfterFirst(
      'method',
      'step',
      'live tensors',
      'RSS MiB',
      'step',
      'live tensors',
      'RSS MiB',
      'RSS ratio',
    ),
    memory.map(({ method, early, end, rssRatio }) => {
      const points = [early, end].flatMap(({ step, tensors, rss }) => [step, tensors, fixed(rss / MIB, 0)]);
      return [method, ...points.map(String), fixed(rssRatio, 3)];
    }),
  );
}

const numericAfterFirst = (...titles: readonly string[]): readonly TableColumn[] =>
  titles.map((title, at) => ({ title, numeric: at > 0 }));
const fixed = (value: number, digits = 1): string => value.toFixed(digits);
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
const count = (value: number): string => value.toLocaleString('en-US');
