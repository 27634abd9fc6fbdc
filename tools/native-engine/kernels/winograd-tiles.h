// Convolutions of 3x3 at stride 1 with one pixel of zeros around the image, by Winograd's minimal filtering F(4x4, 3x3): how
// the output is cut into tiles of 4x4 pixels. Images are [n, h, w, channels], filters [3, 3, channels, outputs], both numbers of
// channels multiples of 16.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace winograd {

constexpr int EDGE = 4;
constexpr int INPUT_EDGE = 6;
constexpr int PLACES = 36;
/** Numbers of channels are multiples of this; so many floats fill a line of the cache. */
constexpr int CHANNELS = 16;

/** Images of h x w, their channels, and those of the output. */
struct Shape {
  int images, height, width, channels, outputs;
};

/** What follows a convolution in the same pass over its output; null where nothing does. */
struct After {
  const float* bias;
  const float* residual;
  bool relu;
};

static inline int tileRows(const Shape& shape) { return (shape.height + EDGE - 1) / EDGE; }
static inline int tileColumns(const Shape& shape) { return (shape.width + EDGE - 1) / EDGE; }
static inline int tilesOf(const Shape& shape) { return shape.images * tileRows(shape) * tileColumns(shape); }

/** Where a tile of the output begins. */
struct Corner {
  int row, column;
  int64_t pixel;
};

static inline Corner cornerOf(const Shape& shape, int tile) {
  const int columns = tileColumns(shape), rows = tileRows(shape);
  const int column = tile % columns * EDGE, row = tile / columns % rows * EDGE, image = tile / (columns * rows);
  return {row, column, (static_cast<int64_t>(image) * shape.height + row) * shape.width + column};
}

/** Tiles that are transformed at once: their 36 places then lie in the second cache. */
static inline int blockOf(const Shape& shape) {
  return std::max(12, 4096 / (shape.channels + shape.outputs) / 12 * 12);
}

/** Numbers from one place of a block to the next: no power of 2, which would crowd one set of the cache. */
static inline int64_t placeStep(const Shape& shape, int channels) {
  return static_cast<int64_t>(blockOf(shape)) * channels + CHANNELS;
}

/** Numbers of scratch that a range of tiles takes. */
static inline size_t scratchOf(const Shape& shape) {
  return PLACES * (placeStep(shape, shape.channels) + placeStep(shape, shape.outputs));
}

}  // namespace winograd
