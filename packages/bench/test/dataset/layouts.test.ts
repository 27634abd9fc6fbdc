import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cinic10Items } from '../../src/dataset/cinic10.js';
import { matStructs } from '../../src/dataset/array-file/mat-structs.js';
import { imagenetItems } from '../../src/dataset/imagenet.js';
import { readDevkit } from '../../src/dataset/layout/devkit.js';
import { tinyImagenetItems } from '../../src/dataset/tiny-imagenet.js';
import { fixture, inFolder, refusalOf } from './array-fixture.js';

type Files = Record<string, string | Uint8Array>;
type Listed = { readonly items: Readonly<Record<string, readonly { path: string; label: number }[]>> };

const BOTH = ['train', 'test'] as const;
const images = (paths: readonly string[]): Files => Object.fromEntries(paths.map((path) => [path, 'image']));
const listed = (found: unknown, split: string, dir: string): readonly string[] =>
  ((found as Listed).items[split] ?? []).map(({ path, label }) => `${path.replace(`${dir}/`, '')} ${label}`);
const promised = (read: (dir: string) => unknown) => (dir: string) => Promise.resolve().then(() => read(dir));

describe('CINIC-10', () => {
  const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
  const set = (root = ''): Files =>
    images(
      ['train', 'valid', 'test'].flatMap((part) =>
        CLASSES.flatMap((name) => [`${root}${part}/${name}/b.png`, `${root}${part}/${name}/a.PNG`]),
      ),
    );

  it('has ten classes and three parts, in the folder or one below', async () => {
    await inFolder({ ...set('CINIC-10/'), 'CINIC-10/train/cat/.DS_Store': '' }, async (dir) => {
      const found = cinic10Items({ dir }, ['train', 'validation', 'test']);
      await Promise.resolve();
      expect(found.classNames).toEqual(CLASSES);
      expect(Object.values(found.items).map((items) => items.length)).toEqual([20, 20, 20]);
      expect(listed(found, 'train', dir).slice(6, 8)).toEqual([
        'CINIC-10/train/cat/a.PNG 3',
        'CINIC-10/train/cat/b.png 3',
      ]);
    });
  });

  it('trains on the validation images, too, where asked to', async () => {
    await inFolder(set(), async (dir) => {
      await Promise.resolve();
      const { items } = cinic10Items({ dir, addValidation: true }, ['train', 'validation', 'test']);
      expect([items.train?.length, items.validation, items.test?.length]).toEqual([40, undefined, 20]);
    });
  });

  it('says which classes are missing or unknown, and what it found in place of the set', async () => {
    const read = promised((dir) => cinic10Items({ dir }, BOTH));
    const files = set();
    delete files['test/dog/a.PNG'];
    delete files['test/dog/b.png'];
    expect(await refusalOf(files, read)).toContain(
      'DIR/test: expected images of each of the 10 classes, got none of dog.',
    );
    expect(await refusalOf({ ...set(), 'train/zebra/1.png': '' }, read)).toContain(
      'DIR/train: expected folders of the 10 classes, got also zebra.',
    );
    expect(await refusalOf({ 'CINIC-10.tar.gz': '' }, read)).toContain(
      "expected CINIC-10's folder, with train, valid and test, got CINIC-10.tar.gz.",
    );
    expect(
      await refusalOf(
        { 'a.tar.gz': '' },
        promised((dir) => cinic10Items({ dir: `${dir}/a.tar.gz` }, BOTH)),
      ),
    ).toContain('That is a file: unpack it');
  });
});

const [TENCH, FISH] = ['n01440764', 'n01443537'] as const;

describe('Tiny-ImageNet', () => {
  const train = images([`train/${FISH}/images/${FISH}_0.JPEG`, `train/${TENCH}/images/${TENCH}_0.JPEG`]);
  const words = {
    'words.txt': `${TENCH}\ttench, Tinca tinca\n${FISH}\tgoldfish, Carassius auratus\nn00000001\tentity\n`,
  };
  const val = {
    ...images(['val/images/val_0.JPEG', 'val/images/val_1.JPEG']),
    'val/val_annotations.txt': `val_1.JPEG\t${FISH}\t0\t0\t62\t62\r\nval_0.JPEG\t${TENCH}\t1\t2\t3\t4\r\n`,
  };

  it('reads classes in order of their identities, and val by its annotations', async () => {
    const files = { ...train, ...words, ...val, [`train/${FISH}/${FISH}_boxes.txt`]: '' };
    await inFolder(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`tiny-imagenet-200/${name}`, text])),
      async (dir) => {
        await Promise.resolve();
        const found = tinyImagenetItems({ dir }, BOTH);
        expect(found.classNames).toEqual(['tench', 'goldfish']);
        const root = `${dir}/tiny-imagenet-200`;
        expect(listed(found, 'train', root)).toEqual([
          `train/${TENCH}/images/${TENCH}_0.JPEG 0`,
          `train/${FISH}/images/${FISH}_0.JPEG 1`,
        ]);
        expect(listed(found, 'test', root)).toEqual(['val/images/val_0.JPEG 0', 'val/images/val_1.JPEG 1']);
      },
    );
  });

  it('takes val sorted into class folders, with or without a folder for images', async () => {
    for (const inside of ['images/', '']) {
      const sorted = images([`val/${TENCH}/${inside}val_0.JPEG`, `val/${FISH}/${inside}val_1.JPEG`]);
      await inFolder({ ...train, ...sorted }, async (dir) => {
        await Promise.resolve();
        const found = tinyImagenetItems({ dir }, BOTH);
        expect(found.classNames).toEqual([TENCH, FISH]);
        expect(found.items.test?.map(({ label }) => label)).toEqual([0, 1]);
      });
    }
  });

  it('says what does not fit', async () => {
    const read = promised((dir) => tinyImagenetItems({ dir }, BOTH));
    const file = 'val/val_annotations.txt';
    expect(await refusalOf({ ...train, ...val, [file]: `val_0.JPEG\t${TENCH}\n` }, read)).toContain(
      'DIR/val/val_annotations.txt: expected the classes of all images in DIR/val/images, got none for val_1.JPEG.',
    );
    expect(await refusalOf({ ...train, ...val, [file]: `${val[file]}val_2.JPEG\t${FISH}` }, read)).toContain(
      'expected the images that val_annotations.txt lists, got all but val_2.JPEG.',
    );
    expect(await refusalOf({ ...train, ...val, [file]: 'val_0.JPEG' }, read)).toContain(
      "val_annotations.txt, line 1: expected an image and its class, e.g. val_0.JPEG n03444034, got 'val_0.JPEG'.",
    );
    expect(await refusalOf({ ...train, ...val, [file]: 'val_0.JPEG n99999999' }, read)).toContain(
      "expected classes that are among the 2 for training, got 'n99999999' for val_0.JPEG",
    );
    expect(await refusalOf({ ...images(['train/cat/1.png', 'train/dog/1.png']), ...val }, read)).toContain(
      "got 'cat'. For other class folders take the dataset `folder`.",
    );
    expect(await refusalOf({ ...train }, read)).toContain(
      '(tiny-imagenet-200, with train and val), got train.',
    );
  });
});

describe('ImageNet', () => {
  const CRANES = ['n02012849', 'n03126707'] as const;
  const train = (root = ''): Files => images(CRANES.map((name) => `${root}train/${name}/${name}_1.JPEG`));
  const flat = (root = ''): Files =>
    images([`${root}val/ILSVRC2012_val_00000001.JPEG`, `${root}val/ILSVRC2012_val_00000002.JPEG`]);
  const labels = async (files: Files): Promise<readonly string[]> =>
    await inFolder(files, async (dir) => {
      await Promise.resolve();
      return listed(imagenetItems({ dir }, BOTH), 'test', dir).map((line) => line.replace(/.*\//, ''));
    });

  it('reads the archive of the contest, with its lists, and tells classes of one name apart', async () => {
    const root = 'ILSVRC/Data/CLS-LOC/';
    const files = {
      ...train(root),
      ...flat(root),
      'LOC_synset_mapping.txt': `${CRANES[0]} crane\n${CRANES[1]} crane\n`,
      'LOC_val_solution.csv': `ImageId,PredictionString\nILSVRC2012_val_00000002,${CRANES[0]} 1 2 3 4 ${CRANES[0]} 5 6 7 8\nILSVRC2012_val_00000001,${CRANES[1]} 1 2 3 4\n`,
    };
    expect(await labels(files)).toEqual(['ILSVRC2012_val_00000001.JPEG 1', 'ILSVRC2012_val_00000002.JPEG 0']);
    await inFolder(files, async (dir) => {
      await Promise.resolve();
      expect(imagenetItems({ dir }, BOTH).classNames).toEqual(['crane (n02012849)', 'crane (n03126707)']);
    });
  });

  it('takes the same kinds of files as class folders of any set', async () => {
    const sorted = images(CRANES.map((name, at) => `val/${name}/${at}.jfif`));
    expect(await labels({ ...train(), ...sorted })).toEqual(['0.jfif 0', '1.jfif 1']);
  });

  it('reads val from class folders, or from a list of class indices', async () => {
    const sorted = images(CRANES.map((name, at) => `val/${name}/${at}.JPEG`));
    expect(await labels({ ...train(), ...sorted })).toEqual(['0.JPEG 0', '1.JPEG 1']);
    const list = 'ILSVRC2012_val_00000001.JPEG 1\nILSVRC2012_val_00000002.JPEG 0\n';
    expect(await labels({ ...train(), ...flat(), 'val.txt': list })).toEqual([
      'ILSVRC2012_val_00000001.JPEG 1',
      'ILSVRC2012_val_00000002.JPEG 0',
    ]);
  });

  it.each(['meta.mat', 'meta-plain.mat'])(
    'reads val by the development kit, with its names: %s',
    async (meta) => {
      const kit = 'ILSVRC2012_devkit_t12/data';
      const truth = `${kit}/ILSVRC2012_validation_ground_truth.txt`;
      const files = { ...train(), ...flat(), [`${kit}/meta.mat`]: fixture(`arrays/${meta}`) };
      const read = async (dir: string): Promise<ReturnType<typeof imagenetItems>> =>
        imagenetItems({ dir }, BOTH, await readDevkit([dir]));
      await inFolder({ ...files, [truth]: '2\n1\n' }, async (dir) => {
        const found = await read(dir);
        expect(listed(found, 'test', dir)).toEqual([
          'val/ILSVRC2012_val_00000001.JPEG 0',
          'val/ILSVRC2012_val_00000002.JPEG 1',
        ]);
        expect(found.classNames).toEqual(['crane (n02012849)', 'crane (n03126707)']);
      });
      const records = await inFolder(files, (dir) => matStructs(join(dir, kit, 'meta.mat'), 'synsets'));
      expect(records[2]).toMatchObject({
        ...{ ILSVRC2012_ID: 1001, WNID: 'n00001740', words: 'entity', num_children: 2, children: 1 },
        gloss: 'that which is perceived – or inferred',
      });
      expect(await refusalOf({ ...files, [truth]: '2\n7\n' }, read)).toContain(
        "ILSVRC2012_validation_ground_truth.txt, line 2: expected the number of one of 3 classes, got '7'",
      );
      expect(await refusalOf({ ...files, [truth]: '2\n' }, read)).toContain(
        '1 lines, none for ILSVRC2012_val_00000002.JPEG',
      );
      expect(await refusalOf({ ...train(), ...flat(), [truth]: '2\n1\n' }, read)).toContain(
        'meta.mat beside',
      );
      const cut = fixture(`arrays/${meta}`).subarray(0, 400);
      expect(await refusalOf({ ...files, [truth]: '2\n1\n', [`${kit}/meta.mat`]: cut }, read)).toContain(
        'meta.mat',
      );
    },
  );

  it('says what to do about val without classes', async () => {
    const read = promised((dir) => imagenetItems({ dir }, BOTH));
    expect(await refusalOf({ ...train(), ...flat() }, read)).toContain(
      'DIR/val: expected class folders (n01440764, …), or a list of the classes, got 2 images alone. Sort the images into class folders, or put LOC_val_solution.csv',
    );
    expect(
      await refusalOf({ ...train(), ...flat(), 'val.txt': 'ILSVRC2012_val_00000001.JPEG 7' }, read),
    ).toContain('val.txt, line 1: expected an image and its class');
  });
});
