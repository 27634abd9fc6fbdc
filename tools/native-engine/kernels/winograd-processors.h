// Winograd's convolutions for processors with AVX-512 and for those with AVX2, and the choice between them.
#pragma once

#include "processor-limit.h"
#include "winograd-tiles.h"

namespace winograd {

/** The functions of winograd.h. */
struct Kernels {
  void (*transformFilter)(const float* filter, bool turned, int channels, int outputs, float* to);
  void (*convolve)(const float* x, const float* filter, const Shape& shape, const After& after, float* y, int first,
                   int end, float* scratch);
  void (*filterSums)(const float* x, const float* dy, const Shape& shape, float* sums, int first, int end,
                     float* scratch);
  void (*filterOfSums)(const float* sums, int ranges, const Shape& shape, float* filter, int first, int end);
};

}  // namespace winograd

#pragma GCC push_options
#pragma GCC optimize("O3")
#pragma GCC target("avx512f,avx512vl,avx512dq,fma")
#define WINOGRAD_PROCESSOR avx512
#define WINOGRAD_LANES 16
#include "winograd.h"
#undef WINOGRAD_PROCESSOR
#undef WINOGRAD_LANES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC optimize("O3")
#pragma GCC target("avx2,fma")
#define WINOGRAD_PROCESSOR avx2
#define WINOGRAD_LANES 8
#include "winograd.h"
#undef WINOGRAD_PROCESSOR
#undef WINOGRAD_LANES
#pragma GCC pop_options

namespace winograd {

/** Those that run on this processor, within the limit; null where none do. */
static const Kernels* kernelsHere() {
  if (isAllowed(Level::avx512) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    return &avx512::KERNELS;
  if (isAllowed(Level::avx2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2::KERNELS;
  return nullptr;
}

}  // namespace winograd
