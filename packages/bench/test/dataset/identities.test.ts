import { describe, expect, it } from 'vitest';
import { identityItems, loadIdentitySets } from '../../src/dataset/identities.js';
import { readPeople } from '../../src/dataset/identity/people.js';
import type { IdentityLists, People, Sighting } from '../../src/dataset/identity/people.js';
import { inFolder, refusalOf } from './array-fixture.js';

type Files = Record<string, string>;
const images = (paths: readonly string[]): Files => Object.fromEntries(paths.map((path) => [path, 'image']));
const people = (files: Files, lists?: IdentityLists): Promise<People & { readonly dir: string }> =>
  inFolder(files, async (dir) => Promise.resolve({ ...readPeople(dir, lists), dir }));
const shown = (sightings: readonly Sighting[] | undefined, dir: string): readonly string[] =>
  (sightings ?? []).map(
    ({ path, identity, camera }) => `${path.replace(`${dir}/`, '')} ${String(identity)} ${String(camera)}`,
  );
const refused = (files: Files, lists?: IdentityLists): Promise<string> =>
  refusalOf(files, (dir) => Promise.resolve().then(() => readPeople(dir, lists)));

const TRAIN = ['0000/0000_000_01_0303morning_0008_0.jpg', '0001/0001_002_12_0303noon_0001_1.jpg'] as const;
const MSMT = {
  ...images([
    `train/${TRAIN[0]}`,
    `train/${TRAIN[1]}`,
    'test/0000/0000_000_03_x_0.jpg',
    'test/0000/0000_001_05_x_1.jpg',
  ]),
  'list_train.txt': `${TRAIN[0]} 0\n${TRAIN[1]} 1\n`,
  'list_val.txt': `${TRAIN[1]} 1\n`,
  'list_query.txt': '0000/0000_000_03_x_0.jpg 0\n',
  'list_gallery.txt': '0000/0000_001_05_x_1.jpg 0\n',
};

describe('identities', () => {
  it('reads MSMT17 with its cameras', async () => {
    const files = Object.fromEntries(Object.entries(MSMT).map(([name, text]) => [`MSMT17_V1/${name}`, text]));
    const { dir, train, validation, query, gallery } = await people(files);
    expect(shown(train, `${dir}/MSMT17_V1`)).toEqual([`train/${TRAIN[0]} 0 1`, `train/${TRAIN[1]} 1 12`]);
    expect(validation).toHaveLength(1);
    expect(shown(query, `${dir}/MSMT17_V1`)).toEqual(['test/0000/0000_000_03_x_0.jpg 0 3']);
    expect(shown(gallery, `${dir}/MSMT17_V1`)).toEqual(['test/0000/0000_001_05_x_1.jpg 0 5']);
  });

  it('reads the second version, which has other folders', async () => {
    const files = Object.fromEntries(
      Object.entries(MSMT).map(([name, text]) => [name.replace(/^(train|test)\//, 'mask_$1_v2/'), text]),
    );
    const { dir, train } = await people(files);
    expect(shown(train, dir)[0]).toBe(`mask_train_v2/${TRAIN[0]} 0 1`);
  });

  it('takes paths with blanks where commas or tabs separate the fields', async () => {
    const files = {
      ...images(['my a.jpg', 'b.jpg']),
      'train.csv': 'my a.jpg, 1, 3\nb.jpg, 2, 4\n',
    };
    const { dir, train } = await people(files, { train: 'train.csv' });
    expect(shown(train, dir)).toEqual(['my a.jpg 1 3', 'b.jpg 2 4']);
  });

  it("reads Market-1501's layout without its junk", async () => {
    const files = images([
      'bounding_box_train/0002_c1s1_000451_03.jpg',
      'bounding_box_train/0007_c3s3_077419_03.jpg',
      'bounding_box_train/Thumbs.db',
      'query/0001_c1s1_001051_00.jpg',
      'bounding_box_test/0001_c2s1_001051_00.jpg',
      'bounding_box_test/0000_c1s1_000151_01.jpg',
      'bounding_box_test/-1_c1s1_000401_03.jpg',
    ]);
    const { dir, train, gallery } = await people(files);
    expect(shown(train, dir)).toEqual([
      'bounding_box_train/0002_c1s1_000451_03.jpg 0002 1',
      'bounding_box_train/0007_c3s3_077419_03.jpg 0007 3',
    ]);
    expect(gallery?.map(({ identity }) => identity)).toEqual(['0000', '0001']);
  });

  it("reads lists, and MegaFace's JSON", async () => {
    const files = {
      ...images(['faces/a/1.png', 'faces/b 2.png', 'probes/x/1.png', 'nobody/1.png']),
      'lists/train.csv': 'path,identity\nfaces/a/1.png,anna,4\nfaces/a/1.png,7\n',
      'probes.json': JSON.stringify({ id: ['x', 3], path: ['probes/x/1.png', 'probes/x/1.png'] }),
      'nobody.json': JSON.stringify({ path: ['nobody/1.png'] }),
    };
    const lists = { train: 'lists/train.csv', query: 'probes.json', distractors: 'nobody.json' };
    const { dir, train, query, distractors } = await people(files, lists);
    expect(shown(train, dir)).toEqual(['faces/a/1.png anna 4', 'faces/a/1.png 7 undefined']);
    expect(shown(query, dir)).toEqual(['probes/x/1.png x undefined', 'probes/x/1.png 3 undefined']);
    expect(shown(distractors, dir)).toEqual(['nobody/1.png undefined undefined']);
  });

  it.each([
    [
      '1.png a 1\n1.png b 2',
      '1.png a 1\n1.png b',
      'DIR, gallery: expected a camera for every image, or for none, got 1 of 2 without, the first is 1.png.',
    ],
    [
      '1.png a 1',
      '1.png a',
      'DIR: expected cameras of queries and gallery, or of neither, got those of the query alone. Add the cameras to the list of the gallery',
    ],
    ['1.png a', '1.png a 1', 'got those of the gallery alone. Add the cameras to the list of the query'],
  ])('refuses cameras of some images only: %s, %s', async (query, gallery, message) => {
    // prettier-ignore
    const files = { ...images(['1.png']), 't.txt': '1.png 1\n1.png 2', 'q.txt': query, 'g.txt': gallery };
    const lists = { train: 't.txt', query: 'q.txt', gallery: 'g.txt' };
    expect(await refusalOf(files, (dir) => loadIdentitySets({ dir, lists }))).toContain(message);
  });

  it('makes classes of the training identities, in order of their numbers', async () => {
    const files = { ...images(['1.png']), 't.txt': '1.png 10\n1.png 9\n1.png 10\n', 'v.txt': '1.png 9\n' };
    await inFolder(files, async (dir) => {
      await Promise.resolve();
      const { classNames, items } = identityItems({ dir, lists: { train: 't.txt', validation: 'v.txt' } });
      expect(classNames).toEqual(['9', '10']);
      expect(items.train?.map(({ label }) => label)).toEqual([1, 0, 1]);
      expect(items.test?.map(({ label }) => label)).toEqual([0]);
    });
  });

  it('says what is wrong with lists', async () => {
    const lists = { train: 't.txt' };
    const of = (text: string): Promise<string> => refused({ ...images(['1.png']), 't.txt': text }, lists);
    expect(await of('1.png')).toBe(
      "DIR/t.txt, line 1: expected a path, an identity and, where it is known, the number of a camera, got '1.png'.",
    );
    expect(await of('../1.png 4')).toContain("got '../1.png 4'");
    expect(await of('/etc/passwd 4')).toContain("got '/etc/passwd 4'");
    expect(await of('1.png a b')).toContain("got '1.png a b'");
    expect(await of('')).toContain('expected a list of images, got no lines');
    expect(await of('2.png 1')).toContain(
      "expected paths of images that are there, got '2.png'. Paths are looked for in DIR.",
    );
    expect(await of('{"path": ["1.png"]}')).toContain(
      'expected JSON with a list "path" and a list "id" as long, of texts or numbers, got keys path',
    );
    expect(await of('{"path": ["1.png"], "id": [["a"]]}')).toContain(
      '"id" as long, of texts or numbers, got',
    );
    expect(await of('{"path": ')).toContain('expected JSON with a list "path"');
    expect(await refused({ 'a.zip': '' })).toContain(
      'expected a set of identities: MSMT17 (list_train.txt, …)',
    );
    expect(await refused({ ...MSMT, 'list_gallery.txt': 'odd.jpg 0', 'test/odd.jpg': '' })).toContain(
      "DIR/list_gallery.txt: expected names with a camera, e.g. 0000_000_01_0303morning_0008_0.jpg, got 'odd.jpg'.",
    );
    const foreign = { ...images(['1.png']), 't.txt': '1.png 1\n1.png 2', 'v.txt': '1.png 3' };
    const make = (dir: string): Promise<unknown> =>
      Promise.resolve().then(() => identityItems({ dir, lists: { train: 't.txt', validation: 'v.txt' } }));
    expect(await refusalOf(foreign, make)).toContain(
      "expected validation images of training identities, got identity '3'",
    );
  });
});
