import { extname } from 'node:path';
import { isDistillError, nearestNameHint, shownText } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import { readDataText } from '../file/index.js';
import { dataError } from './bytes/byte-stream.js';

/** Fields of a line, with their accepted names. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'file_name', 'image'],
  label: ['label', 'class', 'classname', 'class_name'],
  split: ['split', 'subset', 'set'],
  superclass: ['superclass', 'coarse_label'],
  identity: ['identity', 'person', 'pid'],
  camera: ['camera', 'cam', 'camid'],
  weight: ['weight'],
};

/** A line of a list. */
export interface Line {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * The lines of a list, CSV or JSON lines, with path and label among their fields.
 *
 * @throws DistillError code `data`
 */
export async function listLines(file: string): Promise<readonly Line[]> {
  const text = readDataText(file, 'a list of images, CSV or JSON lines');
  const isJson = /^\.(?:jsonl|ndjson|json)$/i.test(extname(file)) || /^\s*\{/.test(text);
  const lines = (isJson ? jsonLines(text, file) : await csvLines(text, file)).map(named);
  if (lines.length === 0) throw dataError(file, 'lines with path and label', 'none');
  expectColumns(file, lines);
  return lines;
}

function jsonLines(text: string, file: string): readonly Line[] {
  const problems: string[] = [];
  const lines = text.split(/\r?\n/).flatMap((content, at): Line[] => {
    if (content.trim() === '') return [];
    try {
      const fields: unknown = JSON.parse(content);
      const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
      const twice = isObject ? repeated(Object.keys(fields)) : undefined;
      if (isObject && twice === undefined)
        return [{ line: at + 1, fields: fields as Record<string, unknown> }];
      problems.push(`line ${at + 1}: ${twice === undefined ? 'not a JSON object' : `'${twice}' twice`}`);
    } catch {
      problems.push(`line ${at + 1}: not JSON`);
    }
    return [];
  });
  if (problems.length > 0) throw problemsError(file, problems);
  return lines;
}

async function csvLines(text: string, file: string): Promise<readonly Line[]> {
  const { parse } = await import('csv-parse/sync');
  const [first = ''] = text.split(/\r?\n/, 1);
  const delimiter = [',', ';', '\t'].reduce((best, mark) =>
    first.split(mark).length > first.split(best).length ? mark : best,
  );
  let header: readonly string[] = [];
  try {
    const rows = parse(text, {
      columns(names: string[]) {
        header = names;
        return names;
      },
      delimiter,
      skip_empty_lines: true,
      trim: true,
      info: true,
    }) as unknown as readonly {
      readonly record: Record<string, string>;
      readonly info: { readonly lines: number };
    }[];
    const twice = repeated(header);
    if (twice !== undefined)
      throw dataError(`${file}:1`, 'a header that names each column once', `'${twice}' twice`);
    return rows.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    if (isDistillError(error)) throw error;
    const { lines, message } = error as Error & { readonly lines?: number };
    throw dataError(lines === undefined ? file : `${file}:${lines}`, 'CSV', shownText(message, 160));
  }
}

/** A name that occurs twice, in any case: only one of its values would be read. Columns that nothing reads may repeat. */
function repeated(names: readonly string[]): string | undefined {
  const read = Object.values(FIELDS).flat();
  const folded = names.map((name) => name.trim().toLowerCase());
  return folded.find((name, at) => read.includes(name) && folded.indexOf(name) < at);
}

/** Fields under the names used here, matched in any case. */
function named({ line, fields }: Line): Line {
  const lower = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key.trim().toLowerCase(), value]),
  );
  const renamed = Object.entries(FIELDS).flatMap(([name, others]) => {
    const key = others.find((other) => lower[other] !== undefined);
    return key === undefined ? [] : [[name, lower[key]] as const];
  });
  return { line, fields: { ...lower, ...Object.fromEntries(renamed) } };
}

function expectColumns(file: string, lines: readonly Line[]): void {
  const [first] = lines;
  const there = Object.keys(first?.fields ?? {});
  for (const name of ['path', 'label']) {
    if (lines.some(({ fields }) => fields[name] !== undefined)) continue;
    const hint = nearestNameHint(name, there);
    throw dataError(
      `${file}:1`,
      `a column ${name}`,
      there
        .map((key) => shownText(key, 40))
        .slice(0, 10)
        .join(', ') || 'no columns',
      hint,
    );
  }
}

/** A field's text; undefined where it is empty. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** The error that lists the first ten problems. */
export function problemsError(file: string, problems: readonly string[]): DistillError {
  const shown = problems.slice(0, 10).join('; ');
  const more = problems.length > 10 ? ` and ${problems.length - 10} more` : '';
  return dataError(file, 'lines with path and label', `${problems.length} invalid ones`, `${shown}${more}.`);
}
