import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { placeOf, readRunCells } from '../../../src/cell/run-cells.js';
import { trainCell } from '../../../src/cell/train-cell.js';
import { mergeRuns } from '../../../src/cluster/index.js';
import { resolveStudy } from '../../../src/config/index.js';
import { folderOfJob, identifyRun, parseCellJob } from '../../../src/queue/cell-job.js';
import { examineStudy, openStudy } from '../../../src/run/open-study.js';
import { readJson } from '../../../src/run/write-json.js';
import { studyReport } from '../../../src/run/study-report.js';
import { serveRun } from '../../../src/serve/index.js';
import { prepareRun } from '../../queue/stub-run.js';
import { contentsOf, editFiles, expectKept } from '../folder.js';
import type { FileEdit } from '../folder.js';
import { byteEdit, editedText, editedTree, nastyText, treeEdit } from '../mutation.js';
import type { ByteEdit, TreeEdit } from '../mutation.js';
import { Fault, must, outcome, target } from '../target.js';
import { changeFile, fileChange } from './run-folder.js';
import type { FileChange } from './run-folder.js';

const JOB = { version: 1, run: 'runs/own', cell: 'kd/0', attempts: 3, begun: 1, epochs: 2 };
const SECRET = 'nobody is to read this';

/** What a queue hands to a worker: nothing but a cell of a submitted run below its root may come of it. */
export const queuePayloads = target<{ readonly edits: readonly TreeEdit[]; readonly run: string | null }>({
  name: 'queue-payloads',
  arbitrary: fc.record({
    edits: fc.array(
      treeEdit(['version', 'run', 'id', 'cell', 'attempts', 'begun', 'epochs', 'command', '__proto__']),
      {
        maxLength: 2,
      },
    ),
    run: fc.option(
      fc.oneof(
        nastyText,
        fc
          .array(
            fc.constantFrom('runs', 'own', 'other', 'outside', 'link', '..', '.', '', '~', 'C:', '\\', '\0'),
            { maxLength: 5 },
          )
          .map((parts) => parts.join('/')),
      ),
    ),
  }),
  check: async ({ edits, run }, folder) => {
    const [root, outside] = [join(folder, 'root'), join(folder, 'outside')];
    for (const place of [join(root, 'runs/own'), join(root, 'runs/other'), outside])
      prepareRun(place, ['kd'], [0]);
    symlinkSync(outside, join(root, 'runs/link'));
    const { id } = await identifyRun(join(root, 'runs/own'), root, true);
    // The same identity elsewhere, as a copy of the folder has it.
    writeFileSync(join(outside, 'queue.json'), JSON.stringify({ id }));
    const before = contentsOf(folder);
    const found = await outcome(async () => {
      const { value } = editedTree({ ...JOB, id, ...(run !== null && { run }) }, edits);
      const job = parseCellJob(value);
      const place = await folderOfJob(job, root);
      must(place === realpathSync(join(root, 'runs/own')), 'the submitted run alone', place);
      must(
        Object.keys(job).every((key) => key in JOB || key === 'id'),
        'nothing else of the job',
        job,
      );
    });
    expectKept(folder, before);
    return found;
  },
});

/** A run folder that is served, with things beside it and links to them; started once. */
async function served(): Promise<{
  readonly port: number;
  readonly folder: string;
  readonly files: readonly string[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'distill-fuzz-serve-'));
  const run = join(folder, 'run');
  prepareRun(run, ['kd'], [0]);
  mkdirSync(join(run, 'report'));
  for (const place of ['secret.txt', 'run/secret.html', 'run/kd.html', 'run/report/notes.secret'])
    writeFileSync(join(folder, place), SECRET);
  writeFileSync(join(run, 'report/report.md'), '# A report');
  symlinkSync(join(folder, 'secret.txt'), join(run, 'report/link.html'));
  symlinkSync(folder, join(run, 'report/up'));
  const { address } = await serveRun(run);
  return {
    port: Number(new URL(address).port),
    folder,
    files: ['report/report.md', 'report/link.html', 'secret.html', 'config.json'],
  };
}
let serving: ReturnType<typeof served> | undefined;

/**
 * Sends bytes as they are.
 *
 * @param isWhole an answer is due; otherwise the connection ends if none comes soon
 * @returns all that is answered until the connection ends
 */
const asked = (port: number, request: string, isWhole: boolean): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const end = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('latin1').setTimeout(isWhole ? 60_000 : 300, end);
    socket.on('data', (text: string) => (answer += text));
    socket.on('close', end).on('error', end);
    socket.write(request, 'latin1');
  });

const request = (method: string, path: string, host: string, headers: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`;

export const serveRequests = target<{
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: string;
  readonly edits: readonly ByteEdit[];
}>({
  name: 'serve-requests',
  arbitrary: fc.record({
    method: fc.oneof({ weight: 5, arbitrary: fc.constant('GET') }, fc.constantFrom('HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE')),
    path: fc
      .array(
        fc.oneof(
          fc.constantFrom('report', 'report.md', 'link.html', 'up', 'secret.txt', 'secret.html', 'notes.secret', 'tasks', 'state', 'run', 'kd.html', '..', '%2e%2e', '%2f', '..%2f', '%00', '.', '', '\\', '%5c..', '%252e', '?', '#', 'config.json'),
          nastyText.map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''))),
        ),
        { maxLength: 6 },
      )
      .map((parts) => `/${parts.join('/')}`),
    host: fc.oneof({ weight: 4, arbitrary: fc.constant('127.0.0.1') }, fc.constantFrom('localhost', 'evil.example', '[::1]', '', '127.0.0.1.evil.example', 'localhost:x')),
    headers: fc.constantFrom('', 'Range: bytes=0-3\r\n', 'Expect: 100-continue\r\n', 'Transfer-Encoding: chunked\r\n', `X: ${'y'.repeat(20_000)}\r\n`, 'Host: evil.example\r\n', 'Upgrade: websocket\r\n'),
    edits: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(byteEdit(), { maxLength: 2 })),
  }), // prettier-ignore
  check: async ({ method, path, host, headers, edits }) => {
    const { port, folder } = await (serving ??= served());
    const before = contentsOf(folder);
    const answer = await asked(
      port,
      editedText(request(method, path, host, headers), edits),
      edits.length === 0 && !headers.startsWith('T'),
    );
    must(!answer.includes(SECRET), 'nothing but the report is shown', path);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none';
    must(!status.startsWith('5') || status === '501', 'no fault of the server', answer.slice(0, 500));
    if (host === 'evil.example' && edits.length === 0)
      must(status !== '200', 'its own address alone', answer.slice(0, 200));
    const next = await asked(port, request('GET', '/report/report.md', '127.0.0.1', ''), true);
    must(
      next.startsWith('HTTP/1.1 200') && next.endsWith('# A report'),
      'the next request is answered',
      next,
    );
    expectKept(folder, before);
    return status === '200' ? 'right' : status;
  },
});

const STUDY = resolveStudy({
  preset: 'quick',
  flags: [
    {
      engine: 'cpu',
      dataset: { imageSize: 8, trainSize: 40, testSize: 12, classes: 4, superclasses: 2 },
      teacher: { epochs: 1 },
      pairs: [
        { teacher: 'plain8', student: 'plain8' },
        { teacher: 'plain8', student: { model: 'plain8' }, as: 'again' },
      ],
      methods: ['kd'],
      seeds: [0],
      epochs: 1,
      batchSize: 12,
    },
  ],
});

/** A finished study and its halves; made once. */
async function prepared() {
  if (!('tasks' in STUDY)) throw new Fault('a study');
  const folder = mkdtempSync(join(tmpdir(), 'distill-fuzz-study-'));
  const log = { say: () => undefined, progress: () => ({ name: 'none' }) };
  const [whole, one, two] = ['whole', 'one', 'two'].map((name) => join(folder, name)) as [string, string, string];
  await openStudy({ study: STUDY, out: whole, existing: 'refuse', log }, () => Promise.resolve());
  const { all } = await readRunCells(whole);
  for (const { name } of all) await trainCell(whole, name, { log });
  cpSync(whole, one, { recursive: true });
  cpSync(whole, two, { recursive: true });
  const report = await studyReport(whole);
  const last = all.at(-1)?.name ?? '';
  for (const [half, isLast] of [[one, true], [two, false]] as const)
    for (const cell of (await readRunCells(half)).all)
      if (cell.cell.kind === 'student' && (cell.name === last) === isLast) editFiles(placeOf(cell).root, ['.'], { do: 'remove', file: 0 });
  const filesOf = (root: string): readonly string[] =>
    [...contentsOf(root).keys()].filter((path) => statSync(join(root, path)).isFile() && !path.includes('report/'));
  return { whole, one, two, files: filesOf(whole), filesOfOne: filesOf(one), tasks: JSON.stringify(report.tasks) };
} // prettier-ignore
let made: ReturnType<typeof prepared> | undefined;

interface FolderCase {
  readonly changes: readonly FileChange[];
  readonly files: readonly FileEdit[];
}

const folderCase: fc.Arbitrary<FolderCase> = fc.record({
  changes: fc.array(
    fileChange(['name', 'teacherOf', 'tasks', 'schema', 'seeds', 'methods', 'size', 'fingerprint']),
    {
      maxLength: 2,
    },
  ),
  files: fc
    .nat(2)
    .chain((chance) =>
      fc.array(
        fc.oneof(
          fc.record({ do: fc.constant('remove' as const), file: fc.nat(60) }),
          fc.record({ do: fc.constant('copy' as const), from: fc.nat(60), to: fc.nat(60) }),
          fc.record({ do: fc.constant('folder' as const), file: fc.nat(60) }),
        ),
        { maxLength: chance === 0 ? 2 : 0 },
      ),
    ),
});

function edit(root: string, files: readonly string[], { changes, files: edits }: FolderCase): boolean {
  for (const each of changes) changeFile(join(root, files[each.file % files.length] ?? ''), each);
  for (const each of edits) editFiles(root, files, each);
  return changes.length + edits.length === 0;
}

export const studies = target<FolderCase>({
  name: 'studies',
  arbitrary: folderCase,
  check: async (input, folder) => {
    const known = await (made ??= prepared());
    const study = join(folder, 'study');
    cpSync(known.whole, study, { recursive: true });
    const isUntouched = edit(study, known.files, input);
    const before = contentsOf(folder);
    const found = await outcome(async () => {
      const report = await studyReport(study);
      if (isUntouched)
        must(JSON.stringify(report.tasks) === known.tasks, 'the same results again', report.tasks);
      // A study that can be reported can be gone on with, or says what is in the way.
      if ('tasks' in STUDY) await examineStudy(study, STUDY.tasks, 'resume');
    });
    expectKept(folder, before);
    return found;
  },
});

export const merges = target<FolderCase>({
  name: 'merges',
  arbitrary: folderCase,
  check: async (input, folder) => {
    const known = await (made ??= prepared());
    const [one, two, into] = ['one', 'two', 'into'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    cpSync(known.one, one, { recursive: true });
    cpSync(known.two, two, { recursive: true });
    const isUntouched = edit(one, known.filesOfOne, input);
    const before = contentsOf(folder);
    const found = await outcome(async () => {
      const { cells, done } = await mergeRuns([one, two], into);
      if (isUntouched) must(cells === 4 && done === 4, 'all cells', { cells, done });
      for (const cell of (await readRunCells(into)).all) {
        const { result } = placeOf(cell);
        if (!existsSync(result)) continue;
        const merged = await readJson(result, '');
        const sources = [one, two]
          .map((root) => result.replace(into, root))
          .filter((file) => existsSync(file));
        const read = await Promise.all(sources.map((file) => readJson(file, '')));
        must(
          read.some((source) => isDeepStrictEqual(source, merged)),
          'a result of one of them',
          result,
        );
      }
    });
    expectKept(folder, before, (path) => path === 'into' || path.startsWith('into/'));
    return found;
  },
});
