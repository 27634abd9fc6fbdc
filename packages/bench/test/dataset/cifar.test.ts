import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCifar, loadDataset } from '../../src/dataset/index.js';
import { cifarRecords, pixelValue, refusal, withFolder } from './cifar-fixture.js';

const NAMES = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n';

describe('loadCifar, CIFAR-10', () => {
  const files = {
    'data_batch_2.bin': cifarRecords([[9]], 3),
    'data_batch_10.bin': cifarRecords([[4]], 4),
    'data_batch_1.bin': cifarRecords([[3], [0], [7]]),
    'test_batch.bin': cifarRecords([[1], [2]], 50),
    'batches.meta.txt': NAMES,
    'readme.html': 'not read',
  };

  it('reads all batches in order of their number', () => {
    withFolder(files, (dir) => {
      const train = loadCifar({ kind: 'cifar10', dir, split: 'train' });
      expect(train).toMatchObject({ name: 'cifar10', size: 5, classes: 10, imageShape: [32, 32, 3] });
      expect([...train.labels]).toEqual([3, 0, 7, 9, 4]);
      expect(train.superclasses).toBeUndefined();
      expect(train.classNames?.[9]).toBe('truck');
      expect([...loadCifar({ kind: 'cifar10', dir, split: 'test' }).labels]).toEqual([1, 2]);
    });
  });

  it('turns colour planes into pixels', () => {
    withFolder(files, (dir) => {
      const image = loadCifar({ kind: 'cifar10', dir, split: 'train' }).image(3);
      expect(image).toHaveLength(32 * 32 * 3);
      for (const [row, column] of [
        [0, 0],
        [0, 31],
        [17, 5],
        [31, 31],
      ] as const) {
        const at = (row * 32 + column) * 3;
        expect([...image.slice(at, at + 3)]).toEqual([0, 1, 2].map((c) => pixelValue(3, row, column, c)));
      }
    });
  });

  it('takes the folder above, and does without names', () => {
    withFolder({ 'cifar-10-batches-bin/test_batch.bin': cifarRecords([[8]]) }, (dir) => {
      const test = loadCifar({ kind: 'cifar10', dir, split: 'test' });
      expect(test.size).toBe(1);
      expect(test.classNames).toBeUndefined();
    });
  });

  it('has a fingerprint that follows pixels and labels', () => {
    const print = (records: Buffer): string =>
      withFolder({ 'test_batch.bin': records }, (dir) => {
        return loadCifar({ kind: 'cifar10', dir, split: 'test' }).fingerprint;
      });
    const once = print(cifarRecords([[1], [2]]));
    expect(once).toMatch(/^[0-9a-f]{64}$/);
    expect(print(cifarRecords([[1], [2]]))).toBe(once);
    expect(print(cifarRecords([[1], [3]]))).not.toBe(once);
    expect(print(cifarRecords([[1], [2]], 1))).not.toBe(once);
  });
});

describe("loadCifar, classes of one's own", () => {
  const files = { 'test_batch.bin': cifarRecords([[2], [0], [1]]) };

  it('are those of the list of names, as an option or in the folder', async () => {
    withFolder(files, (dir) => {
      const classNames = ['cat', 'dog', 'emu'];
      const test = loadCifar({ kind: 'cifar10', dir, split: 'test', classNames });
      expect(test).toMatchObject({ classes: 3, classNames, size: 3 });
    });
    await withFolder({ ...files, 'batches.meta.txt': '\ufeffcat\r\ndog\r\nemu\r\n' }, async (dir) => {
      expect(await loadDataset({ name: 'cifar10', dir }, 'test')).toMatchObject({
        classes: 3,
        classNames: ['cat', 'dog', 'emu'],
      });
    });
    const records = cifarRecords(Array.from({ length: 120 }, (_, label) => [40, label]));
    const names = Array.from({ length: 120 }, (_, label) => `class ${label}`).join('\n');
    withFolder({ 'test.bin': records, 'fine_label_names.txt': names }, (dir) => {
      expect(loadCifar({ kind: 'cifar100', dir, split: 'test' }).classes).toBe(120);
    });
  });

  it('must not count from 1', () => {
    const hint = 'The file has labels up to 10 and no 0: do they count from 1? They have to count from 0.';
    const ten = { 'test_batch.bin': cifarRecords(Array.from({ length: 10 }, (_, at) => [at + 1])) };
    withFolder(ten, (dir) => {
      expect(refusal(() => loadCifar({ kind: 'cifar10', dir, split: 'test' }))).toContain(`got 10. ${hint}`);
    });
    withFolder({ 'test_batch.bin': cifarRecords([[1], [3], [2]]) }, (dir) => {
      const classNames = ['cat', 'dog', 'emu'];
      expect(refusal(() => loadCifar({ kind: 'cifar10', dir, split: 'test', classNames }))).toContain(
        'expected a label from 0 to 2, got 3. The file has labels up to 3 and no 0: do they count from 1?',
      );
    });
  });
});

describe('loadCifar, CIFAR-100', () => {
  it('reads coarse labels as superclasses', () => {
    const files = {
      'train.bin': cifarRecords([
        [11, 19],
        [0, 99],
      ]),
    };
    withFolder(files, (dir) => {
      const train = loadCifar({ kind: 'cifar100', dir, split: 'train' });
      expect(train).toMatchObject({ name: 'cifar100', size: 2, classes: 100 });
      expect([...train.labels]).toEqual([19, 99]);
      expect([...(train.superclasses ?? [])]).toEqual([11, 0]);
      expect(train.image(1)[1]).toBe(pixelValue(1, 0, 0, 1));
    });
  });
});

describe('loadCifar refuses, naming file and byte', () => {
  const cases: readonly {
    readonly what: string;
    readonly files: Readonly<Record<string, Buffer | string>>;
    readonly kind: 'cifar10' | 'cifar100';
    readonly split: 'train' | 'test';
    readonly file?: string;
    readonly says: readonly string[];
  }[] = [
    {
      what: 'a file that is cut off',
      files: { 'test_batch.bin': cifarRecords([[1], [2]]).subarray(0, 4000) },
      kind: 'cifar10',
      split: 'test',
      file: 'test_batch.bin',
      says: [', byte 3073:', 'records of 3073 bytes', '4000 bytes: 1 records and 927 bytes', 'cut off'],
    },
    {
      what: 'an empty file',
      files: { 'train.bin': '' },
      kind: 'cifar100',
      split: 'train',
      file: 'train.bin',
      says: [', byte 0:', 'got 0 bytes'],
    },
    {
      what: 'a CIFAR-100 file under a CIFAR-10 name',
      files: { 'test_batch.bin': cifarRecords([[1, 2]]) },
      kind: 'cifar10',
      split: 'test',
      file: 'test_batch.bin',
      says: ['3074 bytes', 'The size fits CIFAR-100'],
    },
    {
      what: 'a label above 9',
      files: { 'test_batch.bin': cifarRecords([[1], [10]]) },
      kind: 'cifar10',
      split: 'test',
      file: 'test_batch.bin',
      says: [', byte 3073:', 'expected a label from 0 to 9, got 10'],
    },
    {
      what: 'a coarse label above 19',
      files: { 'test.bin': cifarRecords([[20, 3]]) },
      kind: 'cifar100',
      split: 'test',
      file: 'test.bin',
      says: [', byte 0:', 'expected a coarse label from 0 to 19, got 20'],
    },
    {
      what: 'a fine label above 99',
      files: {
        'test.bin': cifarRecords([
          [2, 3],
          [2, 100],
        ]),
      },
      kind: 'cifar100',
      split: 'test',
      file: 'test.bin',
      says: [', byte 3075:', 'expected a fine label from 0 to 99, got 100'],
    },
    {
      what: 'the other dataset',
      files: { 'train.bin': cifarRecords([[1, 2]]), 'test.bin': cifarRecords([[1, 2]]) },
      kind: 'cifar10',
      split: 'train',
      says: ['data_batch_1.bin', 'got test.bin, train.bin', 'These are files of CIFAR-100'],
    },
    {
      what: 'an empty folder',
      files: {},
      kind: 'cifar100',
      split: 'train',
      says: ['expected train.bin of CIFAR-100, got an empty folder'],
    },
    {
      what: 'names that do not fit',
      files: { 'test_batch.bin': cifarRecords([[1]]), 'batches.meta.txt': 'cat\ndog\n' },
      kind: 'cifar10',
      split: 'test',
      file: 'batches.meta.txt',
      says: ['expected 10 class names, one per line, got 2 lines'],
    },
  ];
  it.each(cases)('$what', ({ files, kind, split, file, says }) => {
    withFolder(files, (dir) => {
      const text = refusal(() => loadCifar({ kind, dir, split }));
      expect(text).toContain(`data: ${file === undefined ? dir : join(dir, file)}`);
      for (const words of says) expect(text).toContain(words);
    });
  });

  it('what is not a folder, or not a file', () => {
    withFolder({ 'cifar-10.tar.gz': 'packed', 'batches.meta.txt': NAMES }, (dir) => {
      const of = (where: string): string =>
        refusal(() => loadCifar({ kind: 'cifar10', dir: where, split: 'test' }));
      expect(of(join(dir, 'cifar-10.tar.gz'))).toContain(
        "expected a folder with CIFAR-10's binary files, got a file. That is a file: unpack it, and name",
      );
      mkdirSync(join(dir, 'test_batch.bin'));
      expect(of(dir)).toContain("test_batch.bin: expected a file of CIFAR-10's records, got a folder.");
    });
  });

  it.skipIf(process.platform === 'win32')('a pipe, a device, and what is too large, before reading', () => {
    withFolder({}, (dir) => {
      const file = join(dir, 'test_batch.bin');
      const of = (): string => refusal(() => loadCifar({ kind: 'cifar10', dir, split: 'test' }));
      execFileSync('mkfifo', [file]);
      expect(of()).toContain("test_batch.bin: expected a file of CIFAR-10's records, got a named pipe.");
      rmSync(file);
      symlinkSync('/dev/zero', file);
      expect(of()).toContain('got a device.');
      rmSync(file);
      writeFileSync(file, '');
      truncateSync(file, 3 * 2 ** 30);
      expect(of()).toContain("a file of CIFAR-10's records of at most 2,048 MiB, got 3,072 MiB");
      rmSync(file);
      writeFileSync(file, cifarRecords([[1]]));
      execFileSync('mkfifo', [join(dir, 'batches.meta.txt')]);
      expect(of()).toContain(
        'batches.meta.txt: expected a file of class names, one per line, got a named pipe.',
      );
    });
  });

  it('a folder that is not there', () => {
    const text = withFolder({}, (dir) =>
      refusal(() => loadCifar({ kind: 'cifar10', dir: join(dir, 'no'), split: 'test' })),
    );
    expect(text).toContain('got no such folder');
    expect(text).toContain('test_batch.bin');
  });
});

// The images themselves are not part of the repository: DISTILLJS_DATA names the folder that holds both archives'
// folders.
describe.skipIf(process.env['DISTILLJS_DATA'] === undefined)(
  'loadCifar on the files that DISTILLJS_DATA names',
  () => {
    const dir = process.env['DISTILLJS_DATA'] ?? '';

    it.each(['cifar10', 'cifar100'] as const)('%s is whole and plausible', (kind) => {
      for (const split of ['train', 'test'] as const) {
        const dataset = loadCifar({ kind, dir, split });
        const mean = [...dataset.image(0)].reduce((sum, value) => sum + value, 0) / 3072;
        expect(mean).toBeGreaterThan(10);
        expect(mean).toBeLessThan(245);
        expect(new Set(dataset.labels).size).toBe(dataset.classes);
        // Each class of CIFAR-100 lies in one superclass of five classes.
        const pairs = new Set(
          dataset.labels.map((label, i) => 100 * (dataset.superclasses?.[i] ?? 0) + label),
        );
        expect(pairs.size).toBe(dataset.classes);
      }
    });
  },
);
