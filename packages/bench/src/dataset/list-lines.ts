import { extname } from 'node:path';
import { isDistillError, shownText } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import { readDataText } from '../file/index.js';
import { counted } from '../terminal/index.js';
import { dataError } from './bytes/byte-stream.js';
import { named, repeated } from './list-columns.js';
import type { Line } from './list-columns.js';

/**
 * The lines of a list, CSV or JSON lines.
 *
 * @throws DistillError code `data`
 */
export async function listLines(file: string): Promise<readonly Line[]> {
  const text = readDataText(file, 'a list of images, CSV or JSON lines');
  const isJson = /^\.(?:jsonl|ndjson|json)$/i.test(extname(file)) || /^\s*(?:\{|\[\s*\{)/.test(text);
  const lines = isJson ? jsonLines(text, file) : await csvLines(text, file);
  if (lines.length === 0) throw dataError(file, 'lines with path and label', 'none');
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
      if (isObject && twice === undefined) return [named(at + 1, fields as Record<string, unknown>)];
      problems.push(`line ${at + 1}: ${twice === undefined ? 'not a JSON object' : `'${twice}' twice`}`);
    } catch {
      problems.push(`line ${at + 1}: not JSON`);
    }
    return [];
  });
  if (problems.length === 0) return lines;
  if (isOneDocument(text)) {
    const hint =
      "Write each image's object into a line of its own, as pandas does: frame.to_json(path, orient='records', lines=True).";
    const got = /^\s*\[/.test(text) ? 'a JSON array' : 'one JSON object over several lines';
    throw dataError(file, 'JSON lines, an object per image', got, hint);
  }
  throw problemsError(file, problems);
}

function isOneDocument(text: string): boolean {
  try {
    JSON.parse(text);
    return /\S\s*\n\s*\S|^\s*\[/.test(text);
  } catch {
    return false;
  }
}

async function csvLines(text: string, file: string): Promise<readonly Line[]> {
  const { parse } = await import('csv-parse/sync');
  const [first = ''] = text.split(/\r?\n/, 1);
  const delimiter = [',', ';', '\t', '|'].reduce((best, mark) =>
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
    return rows.map(({ record, info }) => named(info.lines, record));
  } catch (error) {
    if (isDistillError(error)) throw error;
    throw csvError(file, text, header, error as CsvFault);
  }
}

/** What csv-parse throws. */
interface CsvFault {
  readonly message: string;
  readonly code?: string;
  readonly lines?: number;
  readonly record?: readonly string[];
}

function csvError(
  file: string,
  text: string,
  header: readonly string[],
  { message, code, lines, record = [] }: CsvFault,
): DistillError {
  const where = lines === undefined ? file : `${file}:${lines}`;
  if (code !== 'CSV_RECORD_INCONSISTENT_COLUMNS') return dataError(where, 'CSV', shownText(message, 160));
  const isComment = text.startsWith('#') || record[0]?.startsWith('#') === true;
  const hint = isComment
    ? 'The first line names the columns; comments are not read: remove the lines that begin with #.'
    : 'Put fields that contain the mark between fields into double quotes.';
  const names = header.slice(0, 10).map((name) => shownText(name, 40));
  const expected = `${counted(header.length, 'field')}, as in the header (${names.join(', ')})`;
  return dataError(where, expected, String(record.length), hint);
}

/** The error that lists the first ten problems. */
export function problemsError(file: string, problems: readonly string[]): DistillError {
  const shown = problems.slice(0, 10).join('; ');
  const more = problems.length > 10 ? ` and ${problems.length - 10} more` : '';
  return dataError(file, 'lines with path and label', `${problems.length} invalid ones`, `${shown}${more}.`);
}
