import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradient of bilinear resizing: the cpu backend's own kernel has correct values, but exchanges height and
 * width.
 */
export const resizeBilinearGrad =
  (own: tf.KernelFunc): tf.KernelFunc =>
  (given) => ({ ...(own(given) as tf.TensorInfo), shape: (given.inputs['images'] as tf.TensorInfo).shape });

/**
 * Gradient of nearest-neighbour resizing (upsampling layers); for the cpu backend, whose own kernel reads every image of
 * a batch but the first from the wrong place (tfjs 4.22.0 takes the offset from the shape of x instead of that of dy).
 *
 * dx[i, j] = the sum of dy over the pixels that were copied from x[i, j].
 * images [n, h, w, c], dy [n, height, width, c]; the result is [n, h, w, c].
 */
export const resizeNearestNeighborGrad: tf.KernelConfig = {
  kernelName: tf.ResizeNearestNeighborGrad,
  backendName: 'cpu',
  kernelFunc: ({ inputs, attrs }) => {
    const { images, dy } = inputs as { images: tf.Tensor4D; dy: tf.Tensor4D };
    const { alignCorners, halfPixelCenters } = attrs as { alignCorners: boolean; halfPixelCenters: boolean };
    const [batch, height, width, channels] = images.shape;
    const [, outHeight, outWidth] = dy.shape;
    const rows = sources(height, outHeight, alignCorners, halfPixelCenters);
    const columns = sources(width, outWidth, alignCorners, halfPixelCenters);
    const values = dy.dataSync<'float32'>();
    const sums = new Float32Array(images.size);
    let read = 0;
    for (let image = 0; image < batch; image++)
      for (const row of rows)
        for (const column of columns) {
          const write = ((image * height + row) * width + column) * channels;
          for (let channel = 0; channel < channels; channel++) {
            sums[write + channel] = (sums[write + channel] ?? 0) + (values[read++] ?? 0);
          }
        }
    return tf.tensor(sums, images.shape);
  },
};

/**
 * For each row of the output, the row of the input that it copies, as in the forward kernel of the cpu backend.
 */
function sources(size: number, outSize: number, alignCorners: boolean, halfPixelCenters: boolean): number[] {
  const scale = alignCorners && outSize > 1 ? (size - 1) / (outSize - 1) : size / outSize;
  return Array.from({ length: outSize }, (_, i) => {
    const position = scale * (halfPixelCenters ? i + 0.5 : i);
    const nearest = Math.min(size - 1, alignCorners ? Math.round(position) : Math.floor(position));
    return Math.max(nearest, 0);
  });
}
