import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { imageFacts, imageList, loadListIdentities } from '../../src/dataset/index.js';
import { listItems } from '../../src/dataset/list.js';
import { imageTree, png, refusalOf } from './image-files.js';

const RED = png(4, 4, [200, 10, 20]);
let tree: ReturnType<typeof imageTree> | undefined;
afterEach(() => {
  tree?.remove();
});
const images = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`images/${name}.png`, RED]));

describe('a list of images', () => {
  it('is CSV with paths relative to it, whatever separates its fields', async () => {
    const rows = [
      'Path;Class;Split;superclass',
      'images/a.png;cat;train;pet',
      '"images/b.png";ox;train;farm',
      'images/c.png;cat;test;pet',
      'images/d.png;ox;test;farm',
    ];
    tree = imageTree({ ...images, 'list.csv': `\ufeff${rows.join('\r\n')}\r\n` });
    const { dir, cacheDir } = tree;
    const { splits } = await imageList({ file: join(dir, 'list.csv'), cacheDir, imageSize: 8 });
    expect(splits.train).toMatchObject({ name: 'list', size: 2, classNames: ['cat', 'ox'] });
    expect([...(splits.test?.labels ?? [])]).toEqual([0, 1]);
    // farm, pet
    expect([...(splits.test?.superclasses ?? [])]).toEqual([1, 0]);
    expect(imageFacts(splits.train as NonNullable<typeof splits.train>)?.paths[0]).toBe(
      join(dir, 'images/a.png'),
    );
  });

  it('is text in UTF-8, or in UTF-16 with its mark; letters of another encoding would merge classes', async () => {
    const text = 'path\tlabel\na.png\tÄ\nb.png\tÖ\nc.png\tÄ\nd.png\tÖ\n';
    tree = imageTree({ ...images, 'wide.csv': Buffer.from(`\ufeff${text}`, 'utf16le'), 'latin.csv': Buffer.from(text, 'latin1') }); // prettier-ignore
    const place = { dir: join(tree.dir, 'images'), imageSize: 8 };
    const { classNames } = await listItems({ ...place, file: join(tree.dir, 'wide.csv') });
    expect(classNames).toEqual(['Ä', 'Ö']);
    const refusal = await refusalOf(listItems({ ...place, file: join(tree.dir, 'latin.csv') }));
    expect(refusal).toContain('latin.csv: expected text in UTF-8, got other bytes. Save it as UTF-8.');
  });

  it('may be of Windows, with backslashes in its paths', async () => {
    const rows = ['a', 'b', 'c', 'd'].map((name, at) => `images\\${name}.png,${at % 2}`);
    tree = imageTree({ ...images, 'list.csv': ['path,label', ...rows].join('\r\n') });
    const { dir, cacheDir } = tree;
    const { splits } = await imageList({ file: join(dir, 'list.csv'), cacheDir, imageSize: 8 });
    expect([splits.train?.size, splits.test?.size]).toEqual([3, 1]);
  });

  it('gives images their weights, and tells how they were brought to one size', async () => {
    const rows = [
      'path,label,split,weight',
      'a.png,cat,train,2',
      'b.png,ox,train,',
      'c.png,cat,test,1',
      'd.png,ox,test,1',
    ];
    tree = imageTree({ ...images, 'list.csv': rows.join('\n') });
    const options = {
      dir: join(tree.dir, 'images'),
      cacheDir: tree.cacheDir,
      imageSize: 8,
      resize: 'letterbox',
    } as const;
    const { splits } = await imageList({ ...options, file: join(tree.dir, 'list.csv') });
    expect([...(splits.train?.weights ?? [])]).toEqual([2, 1]);
    expect(splits.train?.resize).toBe('letterbox');
    const other = [
      'path,label,split',
      'a.png,cat,train',
      'b.png,ox,train',
      'c.png,cat,test',
      'd.png,ox,test',
    ];
    tree.remove();
    tree = imageTree({ ...images, 'list.csv': other.join('\n') });
    const plain = await imageList({
      file: join(tree.dir, 'list.csv'),
      dir: join(tree.dir, 'images'),
      cacheDir: tree.cacheDir,
      imageSize: 8,
    });
    expect(plain.splits.train?.weights).toBeUndefined();
    expect(plain.splits.train?.resize).toBe('crop');
    expect(plain.splits.train?.fingerprint).not.toBe(splits.train?.fingerprint);
  });

  it('may leave training images without a label', async () => {
    const rows = ['path,label', 'a.png,cat', 'b.png,ox', 'c.png,', 'd.png,', 'e.png,cat', 'f.png,ox'];
    const all = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [`${name}.png`, RED]));
    tree = imageTree({ ...all, 'list.csv': rows.join('\n') });
    const { dir, cacheDir } = tree;
    const { splits } = await imageList({
      file: join(dir, 'list.csv'),
      cacheDir,
      imageSize: 8,
      testFraction: 0.5,
    });
    expect([...(splits.train?.labels ?? [])].sort()).toEqual([-1, -1, 0, 1]);
    expect([...(splits.test?.labels ?? [])].sort()).toEqual([0, 1]);
  });

  it('is JSON lines, with numbers as labels in their order', async () => {
    const lines = [10, 9, 10, 9].map((label, at) =>
      JSON.stringify({ file_name: `${'abcd'[at] ?? ''}.png`, label, identity: `p${at}`, camera: 1 }),
    );
    tree = imageTree({ ...images, 'list.jsonl': lines.join('\n') });
    const layout = await listItems({
      file: join(tree.dir, 'list.jsonl'),
      dir: join(tree.dir, 'images'),
      imageSize: 8,
    });
    expect(layout.classNames).toEqual(['9', '10']);
    expect(layout.items.train?.map(({ label, identity, camera }) => [label, identity, camera])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 2, 0],
      [0, 3, 0],
    ]);
  });

  it('tells who is in its test images, with cameras if all are known', async () => {
    const read = async (...rows: string[]): Promise<Awaited<ReturnType<typeof loadListIdentities>>> => {
      tree?.remove();
      const text = ['path,label,split,identity,camera', 'a.png,x,train,,', 'b.png,y,train,,', ...rows];
      tree = imageTree({ ...images, 'list.csv': text.join('\n') });
      const [file, dir] = [join(tree.dir, 'list.csv'), join(tree.dir, 'images')];
      return await loadListIdentities({ file, dir, cacheDir: tree.cacheDir, imageSize: 8 });
    };
    const { query, gallery } = await read('c.png,x,test,bo,left', 'd.png,y,test,al,right');
    expect([query?.labels, query?.cameras].map((list) => [...(list ?? [])])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(gallery).toBe(query);
    expect(await read('c.png,x,test,bo,', 'd.png,y,test,al,')).toMatchObject({
      query: { cameras: undefined },
    });
    expect(await refusalOf(read('c.png,x,test,bo,left', 'd.png,y,test,al,'))).toMatch(
      /list\.csv: expected a camera for every test image, or for none, got 1 of 2 without, the first is d\.png/,
    );
    expect(await read('c.png,x,test,,', 'd.png,y,test,,')).toEqual({});
    expect(await refusalOf(read('c.png,x,test,bo,1', 'd.png,y,test,,1'))).toMatch(
      /list\.csv: expected an identity for every test image, or for none, got 1 of 2 without, the first is d\.png/,
    );
  });

  it('is refused with all that is wrong, by line', async () => {
    const rows = [
      'path,label,split,weight',
      'a.png,cat,train,1',
      ',ox,train,1',
      'b.png,,test,1',
      'a.png,ox,holdout,1',
      'c.png,ox,train,heavy',
      'd.png,ox,constructor,1',
    ];
    tree = imageTree({
      'list.csv': rows.join('\n'),
      'list.jsonl': '{"path": "a.png", "label": 1}\n{"path": \n[1]',
      'other.csv': 'pathh,label\na,b\n',
      'twice.csv': 'path,Label,label,note,note\na.png,cat,dog,x,y\n',
      'twice.jsonl': '{"path": "a.png", "label": 1, "LABEL": 2}\n',
      'ragged.csv': 'path,label\na.png,cat\nb.png,cat,dog\n',
      'lacking.csv': 'path,label,split\na,x,train\nb,y,train\nc,x,test\n',
      'empty.csv': '',
    });
    const of = (file: string): Promise<string> =>
      refusalOf(listItems({ file: join(tree?.dir ?? '', file), imageSize: 8 }));
    const message = await of('list.csv');
    for (const part of [
      '6 invalid ones',
      'line 3: no path',
      'line 4: no label, which test images need',
      "line 5: split 'holdout' is not one of train, val, test",
      'line 5: a.png is in line 2 already',
      "line 6: weight 'heavy' is not a number",
      "line 7: split 'constructor' is not one of train, val, test",
    ])
      expect(message).toContain(part);
    expect(await of('list.jsonl')).toContain('line 2: not JSON; line 3: not a JSON object');
    expect(await of('other.csv')).toMatch(/other\.csv:1: expected a column path, got pathh, label/);
    expect(await of('twice.csv')).toMatch(
      /twice\.csv:1: expected a header that names each column once, got 'label' twice/,
    );
    expect(await of('twice.jsonl')).toContain("line 1: 'label' twice");
    expect(await of('ragged.csv')).toMatch(
      /ragged\.csv:3: expected \d fields, as in the header \(path, label\), got \d\. Put fields/,
    );
    expect(await of('lacking.csv')).toContain('test has none of y');
    expect(await of('empty.csv')).toContain('expected lines with path and label, got none');
    expect(await of('gone.csv')).toContain('got no such file');
  });
});

describe('what a list could say by mistake', () => {
  const read = async (name: string, text: string): Promise<Awaited<ReturnType<typeof listItems>>> => {
    tree?.remove();
    tree = imageTree({ [name]: text });
    return await listItems({ file: join(tree.dir, name), imageSize: 8 });
  };
  const rows = (header: string, label: (at: number) => string, more: (at: number) => string): string =>
    [header, ...Array.from({ length: 8 }, (_, at) => `${at}.png,${label(at)}${more(at)}`)].join('\n');
  const cat = (at: number): string => (at % 2 === 0 ? 'cat' : 'dog');
  const part = (at: number): string => (at < 4 ? ',train' : ',test');

  it('is refused: values that are neither text nor numbers', async () => {
    const lines = [
      { path: 'a.png', label: ['cat'], split: 'train' },
      { path: 'b.png', label: 'dog', split: ['test'] },
      { path: 'c.png', label: { name: 'cat' }, weight: [5] },
      { path: 'd.png', label: 'dog', identity: [1], other: [1], weight: null },
    ];
    const message = await refusalOf(read('a.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')));
    for (const wrong of [
      'line 1: label is ["cat"], neither text nor a number',
      'line 2: split is ["test"], neither',
      'line 3: label is {"name":"cat"}, neither',
      'line 3: weight is [5], neither',
      'line 4: identity is [1], neither',
    ])
      expect(message).toContain(wrong);
    expect(message).not.toMatch(/other|null/);
  });

  it.each(['phase', 'Partition', 'fold', 'data set', 'train'])(
    'is refused: the splits in a column called %s',
    async (name) => {
      expect(await refusalOf(read('a.csv', rows(`path,label,${name}`, cat, part)))).toMatch(
        new RegExp(
          `expected a column split, where the images are divided, got the column ${name.toLowerCase()} with train, test\\. Rename it`,
        ),
      );
    },
  );

  it('is refused: a column that says which images are for the test', async () => {
    const text = rows('path,label,is_test', cat, (at) => (at < 4 ? ',False' : ',True'));
    expect(await refusalOf(read('a.csv', text))).toContain('got the column is_test with False, True');
  });

  it('gets a note: columns that are not read', async () => {
    const text = rows(',path,label,fold,image', cat, (at) => `,${at % 5},x`).replaceAll(/^(?=\d)/gm, '7,');
    expect((await read('a.csv', text)).notes).toEqual([
      'Columns of the list that are not read: fold, image.',
    ]);
    const divided = await read(
      'b.csv',
      rows('path,label,split,phase', cat, (at) => part(at) + part(at)),
    );
    expect(divided.notes).toEqual(['Columns of the list that are not read: phase.']);
    expect(divided.items.test).toHaveLength(4);
  });

  it('gets a note: labels of −1, which are none', async () => {
    const { classNames, items, notes } = await read(
      'a.csv',
      rows(
        'path,label',
        (at) => String((at % 3) - 1),
        () => '',
      ),
    );
    expect(classNames).toEqual(['0', '1']);
    expect(items.train?.map(({ label }) => label)).toEqual([-1, 0, 1, -1, 0, 1, -1, 0]);
    expect(notes).toEqual(['3 images have the label −1, which means no label.']);
    const signs = rows(
      'path,label',
      (at) => (at % 2 === 0 ? '-1' : '1'),
      () => '',
    );
    expect(await refusalOf(read('b.csv', signs))).toContain(
      'expected labels of at least two classes, got 1. The label −1 means no label',
    );
    const inTest = rows('path,label,split', (at) => String((at % 3) - 1), part);
    expect(await refusalOf(read('c.csv', inTest))).toContain('line 8: no label (-1), which test images need');
  });

  it('is one class in every spelling of its accents; of case and zeros, a note', async () => {
    const accents = rows(
      'path,label',
      (at) => (at % 2 === 0 ? 'dog' : 'café'.normalize(at < 4 ? 'NFC' : 'NFD')),
      () => '',
    );
    expect((await read('a.csv', accents)).classNames).toEqual(['café', 'dog']);
    const zeros = rows(
      'path,label',
      (at) => ['1', '01', '2', '02'][at % 4] ?? '',
      () => '',
    );
    const { classNames, notes } = await read('b.csv', zeros);
    expect(classNames).toEqual(['01', '1', '02', '2']);
    expect(notes?.[0]).toMatch(/leading zeros are separate classes: 01 and 1, 02 and 2\./);
    const cases = rows(
      'path,label',
      (at) => ['Cat', 'cat', 'dog'][at % 3] ?? '',
      () => '',
    );
    expect((await read('c.csv', cases)).notes?.[0]).toContain('Cat and cat.');
  });

  it('gets a note: classes with the name of missing values', async () => {
    const text = rows(
      'path,label',
      (at) => ['cat', 'dog', 'nan'][at % 3] ?? '',
      () => '',
    );
    expect((await read('a.csv', text)).notes).toEqual([
      'nan is a class. If it stands for a missing label, leave the label empty.',
    ]);
  });

  it('is refused with what to do: comments, and addresses', async () => {
    for (const [at, text] of ['# mine\npath,label\na.png,cat', 'path,label\na.png,cat\n# end'].entries())
      expect(await refusalOf(read('a.csv', text))).toMatch(
        new RegExp(`csv:${at + 2}: expected .* in the header .*: remove the lines that begin with #`),
      );
    const addresses = 'path,label\nhttps://a.example/1.png,cat\ns3://a/2.png,dog\nC:\\3.png,dog';
    const message = await refusalOf(read('a.csv', addresses));
    expect(message).toContain('2 invalid ones');
    expect(message).toContain(
      'line 2: https://a.example/1.png is an address: download the image and write its path',
    );
    expect(message).toContain('line 3: s3://a/2.png is an address');
  });

  it('is refused: an image twice under two paths', async () => {
    const text = 'path,label\na.png,cat\n./a.png,dog\nb/../a.png,dog';
    expect(await refusalOf(read('a.csv', text))).toMatch(
      /line 3: \.\/a\.png is in line 2 already; line 4: b.* is in line 2 already/,
    );
  });

  it('is refused with what to write: JSON that is no lines, other marks between fields', async () => {
    const list = [{ path: 'a.png', label: 'cat' }];
    for (const text of [JSON.stringify(list, null, 1), JSON.stringify(list)])
      for (const name of ['a.json', 'a.txt'])
        expect(await refusalOf(read(name, text))).toMatch(
          /expected JSON lines, an object per image, got a JSON array\. Write .*lines=True/,
        );
    expect(await refusalOf(read('b.json', JSON.stringify({ images: list }, null, 1)))).toContain(
      'got one JSON object over several lines.',
    );
    expect(await refusalOf(read('a.csv', 'path label\na.png cat'))).toContain(
      'expected a column path, got path label. The first line names the columns, separated by a comma',
    );
    const bars = rows('path,label,split', cat, part).replaceAll(',', '|');
    expect((await read('b.csv', bars)).items.test).toHaveLength(4);
  });
});
