// TensorFlow operations for the convolutions of winograd.h, registered through TensorFlow's C API when the binding is loaded:
//
//   DistilljsConvolution(x, filter, after = [bias?, residual?]) = relu?(convolution + bias + residual)
//   DistilljsInputGradient(dy, filter)
//   DistilljsFilterGradient(x, dy)
//
// Where the processor has neither AVX-512 nor AVX2 there are none, and graphs have TensorFlow's own convolutions.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <memory>
#include <vector>

#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"
#include "threads.h"
#include "winograd-processors.h"

// From tensorflow/c/kernels.h, which includes headers that no wheel's C API needs otherwise.
extern "C" {
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* name, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*run)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder* kernel, TF_Status* status);
int TF_NumInputs(TF_OpKernelContext* context);
void TF_GetInput(TF_OpKernelContext* context, int at, TF_Tensor** tensor, TF_Status* status);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int at, TF_DataType type, const int64_t* sizes, int rank,
                             size_t bytes, TF_Status* status);
void TF_OpKernelContext_Failure(TF_OpKernelContext* context, TF_Status* status);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction* construction, const char* name, unsigned char* value,
                                         TF_Status* status);
}

namespace {

using winograd::After;
using winograd::Shape;

const winograd::Kernels* const kernels = winograd::kernelsHere();

/** Memory of a thread that grows to what was needed at most, on a line of the cache. */
float* scratch(size_t numbers) {
  thread_local std::vector<float> memory;
  if (memory.size() < numbers + winograd::CHANNELS) memory.resize(numbers + winograd::CHANNELS);
  const auto address = reinterpret_cast<uintptr_t>(memory.data());
  return reinterpret_cast<float*>((address + 63) & ~static_cast<uintptr_t>(63));
}

/** Parts of an operation: by its shape alone, so that no value depends on the number of threads. */
int partsOf(int tiles, int most) { return std::max(1, std::min({tiles / 32, most, 64})); }

struct Deleter {
  void operator()(TF_Tensor* tensor) const { TF_DeleteTensor(tensor); }
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
  void operator()(TF_ShapeHandle* shape) const { TF_DeleteShapeHandle(shape); }
};
using Tensor = std::unique_ptr<TF_Tensor, Deleter>;
using Status = std::unique_ptr<TF_Status, Deleter>;
using ShapeHandle = std::unique_ptr<TF_ShapeHandle, Deleter>;

float* numbers(const Tensor& tensor) { return static_cast<float*>(TF_TensorData(tensor.get())); }
int size(const Tensor& tensor, int axis) { return static_cast<int>(TF_Dim(tensor.get(), axis)); }

Tensor input(TF_OpKernelContext* context, int at, TF_Status* status) {
  TF_Tensor* tensor = nullptr;
  TF_GetInput(context, at, &tensor, status);
  return Tensor(tensor);
}

Tensor output(TF_OpKernelContext* context, const int64_t (&sizes)[4], TF_Status* status) {
  const size_t bytes = sizes[0] * sizes[1] * sizes[2] * sizes[3] * sizeof(float);
  return Tensor(TF_AllocateOutput(context, 0, TF_FLOAT, sizes, 4, bytes, status));
}

void fail(TF_OpKernelContext* context, TF_Status* status, const char* message) {
  if (TF_GetCode(status) == TF_OK) TF_SetStatus(status, TF_INVALID_ARGUMENT, message);
  TF_OpKernelContext_Failure(context, status);
}

bool isWhole(int channels) { return channels > 0 && channels % winograd::CHANNELS == 0; }

void* newConvolution(TF_OpKernelConstruction* construction) {
  const Status status(TF_NewStatus());
  unsigned char relu = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "relu", &relu, status.get());
  return new bool(relu != 0);
}

void deleteConvolution(void* relu) { delete static_cast<bool*>(relu); }

/** A convolution; with `turned` the gradient of its input, of which `x` is the gradient of the output. */
void convolveOn(TF_OpKernelContext* context, bool turned, bool relu) {
  const Status status(TF_NewStatus());
  const int inputs = TF_NumInputs(context);
  const Tensor x = input(context, 0, status.get()), filter = input(context, 1, status.get());
  const Tensor bias = inputs > 2 ? input(context, 2, status.get()) : nullptr;
  const Tensor residual = inputs > 3 ? input(context, 3, status.get()) : nullptr;
  if (TF_GetCode(status.get()) != TF_OK) return fail(context, status.get(), "");
  if (TF_NumDims(x.get()) != 4 || TF_NumDims(filter.get()) != 4)
    return fail(context, status.get(), "images and a filter of rank 4 are needed");
  const Shape shape{size(x, 0), size(x, 1), size(x, 2), size(x, 3), size(filter, turned ? 2 : 3)};
  const int64_t sizes[4] = {shape.images, shape.height, shape.width, shape.outputs};
  const bool fits = size(filter, 0) == 3 && size(filter, 1) == 3 && size(filter, turned ? 3 : 2) == shape.channels &&
                    isWhole(shape.channels) && isWhole(shape.outputs) &&
                    (bias == nullptr || TF_TensorElementCount(bias.get()) == shape.outputs) &&
                    (residual == nullptr || TF_TensorElementCount(residual.get()) ==
                                                sizes[0] * sizes[1] * sizes[2] * sizes[3]);
  if (!fits) return fail(context, status.get(), "shapes do not fit, or channels are no multiples of 16");
  const Tensor y = output(context, sizes, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return fail(context, status.get(), "");

  std::vector<float> transformed(static_cast<size_t>(winograd::PLACES) * shape.channels * shape.outputs);
  kernels->transformFilter(numbers(filter), turned, shape.channels, shape.outputs, transformed.data());
  const After after{bias == nullptr ? nullptr : numbers(bias), residual == nullptr ? nullptr : numbers(residual), relu};
  const int tiles = winograd::tilesOf(shape), parts = partsOf(tiles, 64);
  Threads::get().run(parts, [&](int part) {
    const int64_t first = static_cast<int64_t>(tiles) * part / parts;
    const int64_t end = static_cast<int64_t>(tiles) * (part + 1) / parts;
    kernels->convolve(numbers(x), transformed.data(), shape, after, numbers(y), static_cast<int>(first),
                       static_cast<int>(end), scratch(winograd::scratchOf(shape)));
  });
}

void runConvolution(void* relu, TF_OpKernelContext* context) {
  convolveOn(context, false, *static_cast<bool*>(relu));
}

void runInputGradient(void*, TF_OpKernelContext* context) { convolveOn(context, true, false); }

void runFilterGradient(void*, TF_OpKernelContext* context) {
  const Status status(TF_NewStatus());
  const Tensor x = input(context, 0, status.get()), dy = input(context, 1, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return fail(context, status.get(), "");
  if (TF_NumDims(x.get()) != 4 || TF_NumDims(dy.get()) != 4)
    return fail(context, status.get(), "images of rank 4 are needed");
  const Shape shape{size(x, 0), size(x, 1), size(x, 2), size(x, 3), size(dy, 3)};
  const bool fits = size(dy, 0) == shape.images && size(dy, 1) == shape.height && size(dy, 2) == shape.width &&
                    isWhole(shape.channels) && isWhole(shape.outputs);
  if (!fits) return fail(context, status.get(), "shapes do not fit, or channels are no multiples of 16");
  const Tensor filter = output(context, {3, 3, shape.channels, shape.outputs}, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return fail(context, status.get(), "");

  const size_t sumSize = static_cast<size_t>(winograd::PLACES) * shape.channels * shape.outputs;
  const int tiles = winograd::tilesOf(shape);
  // Sums of all parts together take 16 MiB at most, or those of two parts.
  const int parts = partsOf(tiles, std::max(2, static_cast<int>((size_t{1} << 22) / sumSize)));
  const std::unique_ptr<float[]> sums(new float[sumSize * parts]);
  Threads::get().run(parts, [&](int part) {
    const int64_t first = static_cast<int64_t>(tiles) * part / parts;
    const int64_t end = static_cast<int64_t>(tiles) * (part + 1) / parts;
    kernels->filterSums(numbers(x), numbers(dy), shape, sums.get() + part * sumSize, static_cast<int>(first),
                         static_cast<int>(end), scratch(winograd::scratchOf(shape)));
  });
  Threads::get().run(shape.channels / winograd::CHANNELS, [&](int part) {
    const int first = part * winograd::CHANNELS;
    kernels->filterOfSums(sums.get(), parts, shape, numbers(filter), first, first + winograd::CHANNELS);
  });
}

/** The images' shape, with the size of the filter's axis `axis` in place of the channels. */
void likeImages(TF_ShapeInferenceContext* context, int64_t axis, TF_Status* status) {
  const ShapeHandle x(TF_NewShapeHandle()), filter(TF_NewShapeHandle());
  TF_ShapeInferenceContextGetInput(context, 0, x.get(), status);
  TF_ShapeInferenceContextGetInput(context, 1, filter.get(), status);
  const bool isKnown = TF_ShapeInferenceContextRankKnown(context, x.get()) != 0 &&
                       TF_ShapeInferenceContextRankKnown(context, filter.get()) != 0;
  if (!isKnown) return TF_ShapeInferenceContextSetUnknownShape(context, status);
  TF_ShapeInferenceContextSubshape(context, x.get(), 0, 3, x.get(), status);
  TF_ShapeInferenceContextSubshape(context, filter.get(), axis, axis + 1, filter.get(), status);
  TF_ShapeInferenceContextConcatenateShapes(context, x.get(), filter.get(), x.get(), status);
  TF_ShapeInferenceContextSetOutput(context, 0, x.get(), status);
}

void convolutionShape(TF_ShapeInferenceContext* context, TF_Status* status) { likeImages(context, 3, status); }
void inputGradientShape(TF_ShapeInferenceContext* context, TF_Status* status) { likeImages(context, 2, status); }

struct Operation {
  const char* name;
  std::vector<const char*> inputs, attributes;
  void (*shape)(TF_ShapeInferenceContext*, TF_Status*);
  void* (*create)(TF_OpKernelConstruction*);
  void (*run)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

void add(const Operation& operation) {
  const Status status(TF_NewStatus());
  TF_OpDefinitionBuilder* const definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* each : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, each);
  TF_OpDefinitionBuilderAddOutput(definition, "y: float");
  for (const char* each : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, each);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, operation.shape);
  TF_RegisterOpDefinition(definition, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return;
  TF_KernelBuilder* const kernel =
      TF_NewKernelBuilder(operation.name, "CPU", operation.create, operation.run, operation.destroy);
  TF_RegisterKernelBuilder(operation.name, kernel, status.get());
}

const bool isRegistered = [] {
  if (kernels == nullptr) return false;
  add({"DistilljsConvolution",
       {"x: float", "filter: float", "after: N * float"},
       {"N: int >= 0", "relu: bool = false"},
       convolutionShape,
       newConvolution,
       runConvolution,
       deleteConvolution});
  add({"DistilljsInputGradient", {"dy: float", "filter: float"}, {}, inputGradientShape, nullptr, runInputGradient, nullptr});
  add({"DistilljsFilterGradient",
       {"x: float", "dy: float"},
       {},
       TF_ShapeInferenceContextSetUnknownShape,
       nullptr,
       runFilterGradient,
       nullptr});
  return true;
}();

}  // namespace

#endif
