/** A small student as a user would write one. */
export default ({ imageShape, classes, tf }, { width = 4 }) => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: imageShape,
        filters: width,
        kernelSize: 3,
        activation: 'relu',
        name: 'look',
      }),
      tf.layers.globalAveragePooling2d({ name: 'pool' }),
      tf.layers.dense({ units: classes, name: 'decide' }),
    ],
  });
  return { model, taps: { embedding: 'pool' } };
};
