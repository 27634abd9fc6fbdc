import type { VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ImageTable, PageData } from './types.js';

/** Images of each class that are shown. */
const SHOWN = 5;

/** Classes that are shown: thousands of pictures would hold the page up. */
const MOST_CLASSES = 60;

/** How many images there are of each class, and some of them. */
export function ClassTable({ data }: { readonly data: PageData }): VNode {
  const { classNames, train, validation, test } = data;
  const counts = useMemo(() => {
    const counted = (table: ImageTable): Int32Array => countedBy(table, classNames.length);
    return { train: counted(train), validation: counted(validation), test: counted(test) };
  }, [data]);
  const shown = useMemo(() => positionsOf(data), [data]);
  const more = classNames.length - MOST_CLASSES;
  return (
    <ul class="classes" aria-label="Classes">
      {classNames.slice(0, MOST_CLASSES).map((name, label) => (
        <li key={name}>
          <strong>{name}</strong>
          <small>
            {counts.train[label]} training, {counts.validation[label]} validation, {counts.test[label]} test
            images
          </small>
          <span class="thumbnails">
            {shown[label]?.map((at) => (
              <Thumbnail key={at} data={data} at={at} words={name} />
            ))}
          </span>
        </li>
      ))}
      {more > 0 ? <li>and {more.toLocaleString('en-US')} more</li> : null}
    </ul>
  );
}

function countedBy({ labels }: ImageTable, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** The first training images of each class that is shown. */
function positionsOf({ train: { labels }, classNames }: PageData): readonly (readonly number[])[] {
  const found: number[][] = classNames.slice(0, MOST_CLASSES).map(() => []);
  labels.forEach((label, at) => {
    const own = found[label];
    if (own !== undefined && own.length < SHOWN) own.push(at);
  });
  return found;
}

function Thumbnail({
  data,
  at,
  words,
}: {
  readonly data: PageData;
  readonly at: number;
  readonly words: string;
}): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [height, width] = data.imageShape;
  useEffect(() => {
    let isThere = true;
    const bytes = height * width * 3;
    const own = data.train.pixels.slice(at * bytes, (at + 1) * bytes);
    void own.arrayBuffer().then((buffer) => {
      const context = canvas.current?.getContext('2d');
      if (!isThere || context == null) return;
      const pixels = new Uint8Array(buffer);
      const image = context.createImageData(width, height);
      for (let place = 0; place < height * width; place++) {
        for (let channel = 0; channel < 3; channel++)
          image.data[4 * place + channel] = pixels[3 * place + channel] ?? 0;
        image.data[4 * place + 3] = 255;
      }
      context.putImageData(image, 0, 0);
    });
    return () => {
      isThere = false;
    };
  }, [data, at, height, width]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={`an image of ${words}`} />;
}
