import '@tensorflow/tfjs-backend-cpu';
import * as converter from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { askTeacher, loadTeacher } from '../../src/index.js';
import { loadStudent } from '../../src/student/index.js';

/** What a page says of one image and of a batch of ones. */
export interface PageAnswers {
  readonly className: string;
  readonly logits: readonly number[];
  /** The same image as a picture that the page drew. */
  readonly fromCanvas: readonly number[];
  readonly teacher: readonly number[];
}

declare global {
  // How the test calls the page.
  var askPage: (() => Promise<PageAnswers>) | undefined;
}

/** An image of 8×8 pixels, by a formula that the test knows. */
export const drawn = (): Uint8ClampedArray<ArrayBuffer> =>
  Uint8ClampedArray.from({ length: 8 * 8 * 4 }, (_, at) => (at % 4 === 3 ? 255 : (at * 37) % 256));

if ('document' in globalThis) {
  await tf.setBackend('cpu');
  globalThis.askPage = async () => {
    const student = await loadStudent('/student/model.json');
    const pixels = new ImageData(drawn(), 8, 8);
    const { className, logits } = await student.classify(pixels);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [8, 8];
    canvas.getContext('2d')?.putImageData(pixels, 0, 0);
    const fromCanvas = await student.classify(canvas);
    const packages = { '@tensorflow/tfjs-converter': converter };
    const teacher = await loadTeacher(`${location.origin}/graph/model.json`, { packages });
    const answer = await askTeacher(teacher, tf.ones<tf.Rank.R4>([1, 6, 6, 2]));
    return {
      className,
      logits: [...logits],
      fromCanvas: [...fromCanvas.logits],
      teacher: [...(await answer.logits.data())],
    };
  };
}
