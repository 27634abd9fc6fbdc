// Convolutions by Winograd's minimal filtering for one kind of processor: winograd-processors.h includes this file once for each.
//
// No value depends on how the tiles are cut into ranges, except sums of a filter's gradient: one per range.

#include "winograd-lines.h"

namespace winograd::WINOGRAD_PROCESSOR {

/**
 * The filter [3, 3, channels, outputs] as [36, channels, outputs]; `turned` takes [3, 3, outputs, channels] turned by half a
 * turn, with which the gradient of a convolution's input is a convolution.
 */
static void transformFilter(const float* filter, bool turned, int channels, int outputs, float* to) {
  for (int c = 0; c < channels; c++) {
    for (int k = 0; k < outputs; k += LANES) {
      Lanes taps[3][3], half[6][3], line[6];
      for (int tap = 0; tap < 9; tap++) {
        Lanes& value = taps[tap / 3][tap % 3];
        if (!turned) {
          value = load(filter + (tap * channels + c) * outputs + k);
          continue;
        }
        const float* from = filter + ((8 - tap) * outputs + k) * channels + c;
        for (int lane = 0; lane < LANES; lane++) value[lane] = from[lane * channels];
      }
      for (int x = 0; x < 3; x++) {
        const Lanes column[3] = {taps[0][x], taps[1][x], taps[2][x]};
        filterLine(column, line);
        for (int y = 0; y < 6; y++) half[y][x] = line[y];
      }
      for (int y = 0; y < 6; y++) {
        filterLine(half[y], line);
        for (int x = 0; x < 6; x++) store(to + ((y * 6 + x) * channels + c) * outputs + k, line[x]);
      }
    }
  }
}

/** One tile of the input, all channels: place p goes to `to` + p * step. */
static inline void inputTile(const float* x, const Shape& shape, int tile, float* to, int64_t step) {
  const Corner corner = cornerOf(shape, tile);
  const int row = corner.row - 1, column = corner.column - 1;
  const float* from = x + (corner.pixel - shape.width - 1) * shape.channels;
  const bool isInside =
      row >= 0 && column >= 0 && row + INPUT_EDGE <= shape.height && column + INPUT_EDGE <= shape.width;
  for (int c = 0; c < shape.channels; c += LANES) {
    Lanes half[6][6], pixels[6], line[6];
    for (int j = 0; j < 6; j++) {
      for (int i = 0; i < 6; i++) {
        const bool isThere = isInside || (static_cast<unsigned>(row + i) < static_cast<unsigned>(shape.height) &&
                                          static_cast<unsigned>(column + j) < static_cast<unsigned>(shape.width));
        pixels[i] = isThere ? load(from + (i * shape.width + j) * shape.channels + c) : Lanes{};
      }
      inputLine(pixels, line);
      for (int i = 0; i < 6; i++) half[i][j] = line[i];
    }
    for (int i = 0; i < 6; i++) {
      inputLine(half[i], line);
      for (int j = 0; j < 6; j++) store(to + (i * 6 + j) * step + c, line[j]);
    }
  }
}

/** One tile of the gradient of the output, all its channels. */
static inline void gradientTile(const float* dy, const Shape& shape, int tile, float* to, int64_t step) {
  const Corner corner = cornerOf(shape, tile);
  const int rows = shape.height - corner.row, columns = shape.width - corner.column;
  const float* from = dy + corner.pixel * shape.outputs;
  for (int k = 0; k < shape.outputs; k += LANES) {
    Lanes half[6][4], pixels[4], line[6];
    for (int j = 0; j < 4; j++) {
      for (int i = 0; i < 4; i++)
        pixels[i] = i < rows && j < columns ? load(from + (i * shape.width + j) * shape.outputs + k) : Lanes{};
      gradientLine(pixels, line);
      for (int i = 0; i < 6; i++) half[i][j] = line[i];
    }
    for (int i = 0; i < 6; i++) {
      gradientLine(half[i], line);
      for (int j = 0; j < 6; j++) store(to + (i * 6 + j) * step + k, line[j]);
    }
  }
}

/** One tile of the output from its products. */
static inline void outputTile(const float* from, int64_t step, const Shape& shape, int tile, const After& after,
                              float* y) {
  const Corner corner = cornerOf(shape, tile);
  const int rows = std::min(EDGE, shape.height - corner.row), columns = std::min(EDGE, shape.width - corner.column);
  for (int k = 0; k < shape.outputs; k += LANES) {
    Lanes half[4][6], products[6], line[4];
    for (int j = 0; j < 6; j++) {
      for (int i = 0; i < 6; i++) products[i] = load(from + (i * 6 + j) * step + k);
      outputLine(products, line);
      for (int i = 0; i < 4; i++) half[i][j] = line[i];
    }
    const Lanes bias = after.bias == nullptr ? Lanes{} : load(after.bias + k);
    for (int i = 0; i < rows; i++) {
      outputLine(half[i], line);
      for (int j = 0; j < columns; j++) {
        const int64_t at = (corner.pixel + i * shape.width + j) * shape.outputs + k;
        Lanes value = line[j] + bias;
        if (after.residual != nullptr) value += load(after.residual + at);
        // NaN stays.
        if (after.relu) value = value < 0 ? Lanes{} : value;
        store(y + at, value);
      }
    }
  }
}

/** m [ROWS][LANES VECTORS] = a b, or += where `adds`; a number of a is at a[row * aRow + i * aStep]. */
template <int ROWS, int VECTORS>
static inline __attribute__((always_inline)) void productTile(const float* a, int64_t aRow, int64_t aStep,
                                                              const float* b, int64_t bStep, int depth, float* m,
                                                              int64_t mRow, bool adds) {
  Lanes sums[ROWS][VECTORS];
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECTORS; v++) sums[r][v] = adds ? load(m + r * mRow + v * LANES) : Lanes{};
  for (int i = 0; i < depth; i++) {
    Lanes right[VECTORS];
    for (int v = 0; v < VECTORS; v++) right[v] = load(b + i * bStep + v * LANES);
    for (int r = 0; r < ROWS; r++) {
      const float left = a[r * aRow + i * aStep];
      for (int v = 0; v < VECTORS; v++) sums[r][v] += left * right[v];
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECTORS; v++) store(m + r * mRow + v * LANES, sums[r][v]);
}

template <int ROWS, int VECTORS>
static void productRows(const float* a, int64_t aRow, int64_t aStep, const float* b, int64_t bStep, int depth,
                        float* m, int64_t mRow, int rows, bool adds) {
  int r = 0;
  for (; r + ROWS <= rows; r += ROWS)
    productTile<ROWS, VECTORS>(a + r * aRow, aRow, aStep, b, bStep, depth, m + r * mRow, mRow, adds);
  for (; r + 4 <= rows; r += 4)
    productTile<4, VECTORS>(a + r * aRow, aRow, aStep, b, bStep, depth, m + r * mRow, mRow, adds);
  for (; r < rows; r++)
    productTile<1, VECTORS>(a + r * aRow, aRow, aStep, b, bStep, depth, m + r * mRow, mRow, adds);
}

/** Rows of a tile of sums: as many as leave registers for the factors, of which there are 32 of 16 lanes or 16 of 8. */
constexpr int rowsOf(int vectors) { return LANES == 16 ? std::min(16, 24 / vectors) : 12 / vectors; }

/** m [rows][columns] = a b, or += where `adds`. */
static void product(const float* a, int64_t aRow, int64_t aStep, const float* b, int depth, float* m, int rows,
                    int columns, bool adds) {
  constexpr int MOST = LANES == 16 ? 4 : 2;
  int k = 0;
  for (; k + MOST * LANES <= columns; k += MOST * LANES)
    productRows<rowsOf(MOST), MOST>(a, aRow, aStep, b + k, columns, depth, m + k, columns, rows, adds);
  for (; k + 2 * LANES <= columns; k += 2 * LANES)
    productRows<rowsOf(2), 2>(a, aRow, aStep, b + k, columns, depth, m + k, columns, rows, adds);
  for (; k < columns; k += LANES)
    productRows<rowsOf(1), 1>(a, aRow, aStep, b + k, columns, depth, m + k, columns, rows, adds);
}

/** The tiles `first` to `end` - 1 of the output; `filter` is transformed. */
static void convolve(const float* x, const float* filter, const Shape& shape, const After& after, float* y, int first,
                     int end, float* scratch) {
  const int64_t inStep = placeStep(shape, shape.channels), outStep = placeStep(shape, shape.outputs);
  float* const products = scratch + PLACES * inStep;
  for (int tile = first; tile < end; tile += blockOf(shape)) {
    const int count = std::min(blockOf(shape), end - tile);
    for (int t = 0; t < count; t++) inputTile(x, shape, tile + t, scratch + t * shape.channels, inStep);
    for (int place = 0; place < PLACES; place++)
      product(scratch + place * inStep, shape.channels, 1,
              filter + static_cast<int64_t>(place) * shape.channels * shape.outputs, shape.channels,
              products + place * outStep, count, shape.outputs, false);
    for (int t = 0; t < count; t++)
      outputTile(products + t * shape.outputs, outStep, shape, tile + t, after, y);
  }
}

/** What the tiles `first` to `end` - 1 add to the gradient of the filter: sums [36, channels, outputs]. */
static void filterSums(const float* x, const float* dy, const Shape& shape, float* sums, int first, int end,
                       float* scratch) {
  const int64_t inStep = placeStep(shape, shape.channels), outStep = placeStep(shape, shape.outputs);
  float* const gradients = scratch + PLACES * inStep;
  for (int tile = first; tile < end; tile += blockOf(shape)) {
    const int count = std::min(blockOf(shape), end - tile);
    for (int t = 0; t < count; t++) {
      inputTile(x, shape, tile + t, scratch + t * shape.channels, inStep);
      gradientTile(dy, shape, tile + t, gradients + t * shape.outputs, outStep);
    }
    for (int place = 0; place < PLACES; place++)
      product(scratch + place * inStep, 1, shape.channels, gradients + place * outStep, count,
              sums + static_cast<int64_t>(place) * shape.channels * shape.outputs, shape.channels, shape.outputs,
              tile > first);
  }
}

/** The gradient [3, 3, channels, outputs] of the filter from `ranges` sums, for the channels `first` to `end` - 1. */
static void filterOfSums(const float* sums, int ranges, const Shape& shape, float* filter, int first, int end) {
  const int64_t place = static_cast<int64_t>(shape.channels) * shape.outputs;
  for (int c = first; c < end; c++) {
    for (int k = 0; k < shape.outputs; k += LANES) {
      Lanes half[3][6], column[6], line[3];
      for (int x = 0; x < 6; x++) {
        for (int y = 0; y < 6; y++) {
          const float* from = sums + (y * 6 + x) * place + c * shape.outputs + k;
          column[y] = load(from);
          for (int range = 1; range < ranges; range++) column[y] += load(from + range * PLACES * place);
        }
        sumLine(column, line);
        for (int y = 0; y < 3; y++) half[y][x] = line[y];
      }
      for (int y = 0; y < 3; y++) {
        sumLine(half[y], line);
        for (int x = 0; x < 3; x++) store(filter + (y * 3 + x) * place + c * shape.outputs + k, line[x]);
      }
    }
  }
}

constexpr Kernels KERNELS = {transformFilter, convolve, filterSums, filterOfSums};

}  // namespace winograd::WINOGRAD_PROCESSOR
