import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingFromTensorFlow, readTensorFlow } from './find-tensorflow.mjs';

/** @type {string} */
let site;
/** @type {string} */
let folder;

beforeEach(() => {
  site = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-site-'));
  folder = path.join(site, 'tensorflow');
  for (const file of [
    'libtensorflow_cc.so.2',
    'libtensorflow_framework.so.2',
    'include/tensorflow/c/eager/c_api.h',
  ]) {
    write(path.join(folder, file), '');
  }
});

afterEach(() => fs.rmSync(site, { recursive: true }));

/** @param {string} file @param {string} text */
function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

describe('readTensorFlow', () => {
  it('finds libraries and headers in one folder', () => {
    expect(missingFromTensorFlow(folder)).toEqual([]);
    expect(readTensorFlow(folder)).toEqual({
      folder,
      include: path.join(folder, 'include'),
      version: undefined,
    });
  });

  it('takes the version from the package metadata beside it, not from another package', () => {
    write(path.join(site, 'tensorflow_cpu-2.21.0.dist-info', 'METADATA'), '');
    write(path.join(site, 'tensorflow_hub-0.16.1.dist-info', 'METADATA'), '');
    write(path.join(site, 'tensorflow_io_gcs_filesystem-0.37.1.dist-info', 'METADATA'), '');
    expect(readTensorFlow(folder).version).toBe('2.21.0');
  });

  it('takes the version from the headers where the metadata leaves a doubt', () => {
    write(path.join(site, 'tensorflow-2.17.0.dist-info', 'METADATA'), '');
    write(path.join(site, 'tensorflow-2.18.1.dist-info', 'METADATA'), '');
    write(
      path.join(folder, 'include/tensorflow/core/public/version.h'),
      '#define TF_MAJOR_VERSION 2\n#define TF_MINOR_VERSION 18\n#define TF_PATCH_VERSION 1\n',
    );
    expect(readTensorFlow(folder).version).toBe('2.18.1');
  });

  it('names the files that are missing', () => {
    fs.rmSync(path.join(folder, 'libtensorflow_cc.so.2'));
    expect(() => readTensorFlow(folder)).toThrow(
      /got one without libtensorflow_cc\.so\.2\. Name the tensorflow folder/,
    );
  });

  it('says when there is no such folder', () => {
    expect(() => readTensorFlow(path.join(site, 'nowhere'))).toThrow(
      /nowhere: expected .*, got no such folder/,
    );
  });
});
