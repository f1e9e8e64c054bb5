// Cuda implementation of matmul.hpp, on cuBLASLt.
//
// cuBLASLt is column-major: what it regards as a (cols, rows) matrix is our row-major (rows, cols)
// matrix, transposed. We therefore request c^T = b'^T a'^T, with the factors swapped and without
// copies.
// Source: cuBLAS documentation, "Using the cuBLASLt API".

#include <compare>
#include <map>
#include <memory>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"
#include "engine/core/cuda_libraries.hpp"
#include "engine/core/dtype.hpp"
#include "engine/core/error.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/matmul.hpp"

namespace fpanet::kernels {
namespace {

/// The workspace that NVIDIA recommends for Hopper; smaller GPUs need less.
constexpr std::size_t kMostWorkspace = std::size_t{32} << 20;
/// In bytes. Tensors start at multiples of 32, but a part of a tensor may start anywhere.
constexpr std::uint32_t kAlignment = 16;

struct ProductShape {
  Product product;
  DType dtype;
  Index items, rows, cols, depth;
  bool shared_a, shared_b;  ///< the factor is the same for every product
  std::uint32_t alignment;

  auto operator<=>(const ProductShape&) const = default;
};

template <class T>
ProductShape shape_of(Product product, const Matrices<const T>& a, const Matrices<const T>& b,
                      const Matrices<T>& c) {
  const auto aligned = [](const void* p) {
    return reinterpret_cast<std::uintptr_t>(p) % kAlignment == 0;
  };
  const bool all_aligned = aligned(a.data) && aligned(b.data) && aligned(c.data);
  return {product,  dtype_v<T>, c.n,
          c.rows,   c.cols,     product == Product::atb ? a.rows : a.cols,
          a.n == 1, b.n == 1,   all_aligned ? kAlignment : std::uint32_t{sizeof(T)}};
}

/// Owning types for cuBLASLt's handles.
struct LayoutDeleter {
  void operator()(cublasLtMatrixLayout_t p) const { cublaslt().cublasLtMatrixLayoutDestroy(p); }
};
struct OperationDeleter {
  void operator()(cublasLtMatmulDesc_t p) const { cublaslt().cublasLtMatmulDescDestroy(p); }
};
struct PreferenceDeleter {
  void operator()(cublasLtMatmulPreference_t p) const {
    cublaslt().cublasLtMatmulPreferenceDestroy(p);
  }
};
using Layout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, LayoutDeleter>;
using Operation = std::unique_ptr<cublasLtMatmulDescOpaque_t, OperationDeleter>;
using Preference = std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, PreferenceDeleter>;

/// Row-major (rows, cols) matrices, `stride` elements apart.
Layout layout(cudaDataType type, Index rows, Index cols, Index items, Index stride) {
  cublasLtMatrixLayout_t raw = nullptr;
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatrixLayoutCreate(
      &raw, type, static_cast<std::uint64_t>(cols), static_cast<std::uint64_t>(rows), cols));
  Layout result(raw);
  const auto count = static_cast<std::int32_t>(items);
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatrixLayoutSetAttribute(
      raw, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count));
  const std::int64_t offset = stride;
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatrixLayoutSetAttribute(
      raw, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &offset, sizeof offset));
  return result;
}

Operation operation(const ProductShape& shape, bool allow_tf32) {
  const bool tf32 = shape.dtype == DType::f32 && allow_tf32;
  cublasLtMatmulDesc_t raw = nullptr;
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatmulDescCreate(
      &raw, tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F));
  Operation result(raw);
  const auto transpose = [&](cublasLtMatmulDescAttributes_t which, bool yes) {
    const cublasOperation_t value = yes ? CUBLAS_OP_T : CUBLAS_OP_N;
    FPANET_CUBLAS_CHECK(
        cublaslt().cublasLtMatmulDescSetAttribute(raw, which, &value, sizeof value));
  };
  transpose(CUBLASLT_MATMUL_DESC_TRANSA, shape.product == Product::abt);  // cuBLASLt's A is our b
  transpose(CUBLASLT_MATMUL_DESC_TRANSB, shape.product == Product::atb);
  return result;
}

Preference preference(std::uint32_t alignment) {
  cublasLtMatmulPreference_t raw = nullptr;
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatmulPreferenceCreate(&raw));
  Preference result(raw);
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t which, const auto& value) {
    FPANET_CUBLAS_CHECK(
        cublaslt().cublasLtMatmulPreferenceSetAttribute(raw, which, &value, sizeof value));
  };
  // The workspace was computed for aligned factors; unaligned factors may not use it.
  set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, alignment == kAlignment ? kMostWorkspace : 0);
  // Of the schemes that add up parts of the depth, only allow the one that adds in f32 and in
  // order.
  set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  for (const auto which :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
    set(which, alignment);
  }
  return result;
}

/// A product in cuBLASLt's terms, with the algorithm that its heuristics rank first.
struct PlannedProduct {
  Operation operation;
  Layout left, right, result;  ///< cuBLASLt's A, B and C, which are our b, a and c
  cublasLtMatmulAlgo_t algorithm;
  std::size_t workspace_bytes;
};

PlannedProduct plan(const CudaHandles& handles, const ProductShape& s) {
  const cudaDataType type = s.dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
  const bool at = s.product == Product::atb, bt = s.product == Product::abt;
  const Index a_size = s.rows * s.depth, b_size = s.depth * s.cols;
  PlannedProduct planned{
      operation(s, handles.allow_tf32),
      layout(type, bt ? s.cols : s.depth, bt ? s.depth : s.cols, s.items, s.shared_b ? 0 : b_size),
      layout(type, at ? s.depth : s.rows, at ? s.rows : s.depth, s.items, s.shared_a ? 0 : a_size),
      layout(type, s.rows, s.cols, s.items, s.rows * s.cols),
      {},
      0};
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatmulAlgoGetHeuristic(
      handles.blas, planned.operation.get(), planned.left.get(), planned.right.get(),
      planned.result.get(), planned.result.get(), preference(s.alignment).get(), 1, &found,
      &count));
  require(count == 1, "matmul: cuBLASLt has no algorithm for {} products ({},{},{}) of {}", s.items,
          s.rows, s.depth, s.cols, name_of(s.dtype));
  planned.algorithm = found.algo;
  planned.workspace_bytes = found.workspaceSize;
  return planned;
}

class ProductPlanner {
 public:
  static ProductPlanner& of(const Cuda& cuda) {
    CudaHandles& handles = *cuda.handles;
    if (handles.product_planner == nullptr) {
      handles.product_planner = std::make_shared<ProductPlanner>();
    }
    return *static_cast<ProductPlanner*>(handles.product_planner.get());
  }

  const PlannedProduct& find(const CudaHandles& handles, const ProductShape& shape) {
    const auto found = planned_.find(shape);
    if (found != planned_.end()) return found->second;
    return planned_.emplace(shape, plan(handles, shape)).first->second;
  }

 private:
  std::map<ProductShape, PlannedProduct> planned_;
};

}  // namespace

template <class T>
void matmul(const Cuda& cuda, Product product, Matrices<const T> a, Matrices<const T> b,
            Matrices<T> c, Write write, std::span<std::byte> workspace) {
  const CudaHandles& handles = *cuda.handles;
  const PlannedProduct& planned =
      ProductPlanner::of(cuda).find(handles, shape_of(product, a, b, c));
  Scratch scratch(workspace);
  void* const scratch_memory = scratch.take<std::byte>(Index(planned.workspace_bytes));
  const float alpha = 1, beta = write == Write::accumulate ? 1.F : 0.F;
  FPANET_CUBLAS_CHECK(cublaslt().cublasLtMatmul(
      handles.blas, planned.operation.get(), &alpha, b.data, planned.left.get(), a.data,
      planned.right.get(), &beta, c.data, planned.result.get(), c.data, planned.result.get(),
      &planned.algorithm, scratch_memory, planned.workspace_bytes, handles.stream));
}

template <class T>
std::size_t matmul_workspace_bytes(const Cuda& cuda, Product product, Matrices<const T> a,
                                   Matrices<const T> b, Matrices<T> c) {
  a.data = b.data = c.data = nullptr;
  const PlannedProduct& planned =
      ProductPlanner::of(cuda).find(*cuda.handles, shape_of(product, a, b, c));
  return kScratchAlignment + scratch_bytes<std::byte>(Index(planned.workspace_bytes));
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void matmul(const Cuda&, Product, Matrices<const T>, Matrices<const T>, Matrices<T>, \
                       Write, std::span<std::byte>);                                            \
  template std::size_t matmul_workspace_bytes<T>(const Cuda&, Product, Matrices<const T>,       \
                                                 Matrices<const T>, Matrices<T>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
