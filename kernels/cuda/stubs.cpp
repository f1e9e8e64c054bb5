// Cuda functions of the kernels in a build without CUDA: each throws. One line per kernel; the
// functions of conv2d.hpp are in cuda/conv2d_stub.cpp, that of cast.hpp in cuda/cast_stub.cpp.

#include "engine/core/error.hpp"
#include "kernels/activation.hpp"
#include "kernels/adamw.hpp"
#include "kernels/add.hpp"
#include "kernels/argmax.hpp"
#include "kernels/assemble_batch.hpp"
#include "kernels/batch_norm.hpp"
#include "kernels/bias_add.hpp"
#include "kernels/channel_statistics.hpp"
#include "kernels/class_sums.hpp"
#include "kernels/concat.hpp"
#include "kernels/confusion.hpp"
#include "kernels/cross_entropy.hpp"
#include "kernels/dct.hpp"
#include "kernels/dice.hpp"
#include "kernels/dropout.hpp"
#include "kernels/focal.hpp"
#include "kernels/fold_batch_norm.hpp"
#include "kernels/global_pool.hpp"
#include "kernels/high_pass.hpp"
#include "kernels/ignore_labels.hpp"
#include "kernels/loss_mean.hpp"
#include "kernels/loss_sum.hpp"
#include "kernels/lovasz.hpp"
#include "kernels/matmul.hpp"
#include "kernels/max_pool.hpp"
#include "kernels/overlap_loss.hpp"
#include "kernels/pab_reread.hpp"
#include "kernels/position_attention.hpp"
#include "kernels/rank_sums.hpp"
#include "kernels/relu.hpp"
#include "kernels/softmax.hpp"
#include "kernels/softmax_class_sums.hpp"
#include "kernels/softmax_dice.hpp"
#include "kernels/sum_of_squares.hpp"
#include "kernels/to_unit.hpp"
#include "kernels/upsample2x.hpp"

namespace fpanet::kernels {

// Defines the overload of `name` with these parameters and instantiates it for T.
#define FPANET_STUB(result, name, ...)                                                     \
  template <class T>                                                                       \
  result name(__VA_ARGS__) {                                                               \
    fail(#name ": this build has no CUDA; use --device cpu or build with a CUDA toolkit"); \
  }                                                                                        \
  template <class T>                                                                       \
  using name##_signature = result(__VA_ARGS__);                                            \
  template name##_signature<float> name<float>;                                            \
  template name##_signature<bfloat16> name<bfloat16>

using Bytes = std::span<std::byte>;
template <class T>
using In = std::span<const T>;
template <class T>
using Out = std::span<T>;

FPANET_STUB(void, add, const Cuda&, In<T>, In<T>, Out<T>);
FPANET_STUB(void, adamw, const Cuda&, Out<T>, In<T>, Out<T>, Out<T>, const double*,
            const AdamWOptions&, std::span<bfloat16>, Out<T>, const double*);
FPANET_STUB(void, argmax, const Cuda&, Matrices<const T>, std::int32_t*);
FPANET_STUB(void, assemble_batch, const Cuda&, const BatchAssembly&, T*, std::int32_t*, Bytes);
FPANET_STUB(std::size_t, assemble_batch_workspace_bytes, const Cuda&, Index, Index, Index, Index,
            std::optional<Index>, bool);
FPANET_STUB(void, batch_norm_backward, const Cuda&, const BatchNormBackward<T>&, Bytes);
FPANET_STUB(void, batch_norm_eval, const Cuda&, const BatchNormForward<T>&, const Real<T>*,
            const Real<T>*, Bytes);
FPANET_STUB(void, batch_norm_gradient_sums, const Cuda&, const BatchNormBackward<T>&, double*,
            Bytes);
FPANET_STUB(void, batch_norm_gradients, const Cuda&, const BatchNormBackward<T>&, const double*,
            const double*, Bytes);
FPANET_STUB(void, batch_norm_train, const Cuda&, const BatchNormForward<T>&,
            const RunningStatistics<T>&, Bytes);
FPANET_STUB(std::size_t, batch_norm_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, bias_add, const Cuda&, Matrices<const T>, const Real<T>*, T*);
FPANET_STUB(void, bias_gradient, const Cuda&, Matrices<const T>, Real<T>*, Write, Bytes);
FPANET_STUB(std::size_t, bias_gradient_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, channel_statistics, const Cuda&, View<const T>, double*, Bytes);
FPANET_STUB(std::size_t, channel_statistics_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, clamp, const Cuda&, In<T>, double, double, Out<T>);
FPANET_STUB(void, clamp_backward, const Cuda&, In<T>, In<T>, double, double, Out<T>, Write);
FPANET_STUB(void, class_sums, const Cuda&, View<const T>, const std::int32_t*, const ClassTargets&,
            double*, Bytes);
FPANET_STUB(void, class_sums_backward, const Cuda&, const std::int32_t*, const double*,
            const ClassTargets&, View<T>, Write);
FPANET_STUB(std::size_t, class_sums_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, concat, const Cuda&, View<const T>, View<const T>, View<T>);
FPANET_STUB(void, concat_backward, const Cuda&, View<const T>, View<T>, Write, View<T>, Write);
FPANET_STUB(void, confusion, const Cuda&, View<const T>, const std::int32_t*, std::optional<Index>,
            std::int64_t*, Bytes);
FPANET_STUB(std::size_t, confusion_workspace_bytes, const Cuda&, Index, Index, Index, Index);
FPANET_STUB(void, copy, const Cuda&, In<T>, Out<T>, Write);
FPANET_STUB(void, cross_entropy, const Cuda&, View<const T>, const Real<T>*, const std::int32_t*,
            const double*, const CrossEntropyOptions&, double*, Bytes);
FPANET_STUB(void, cross_entropy_backward, const Cuda&, const Real<T>*, const std::int32_t*,
            const double*, const double*, const CrossEntropyOptions&, View<T>, Write);
FPANET_STUB(std::size_t, cross_entropy_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, dct2d, const Cuda&, DctMatrix, View<const T>, View<T>, Write, Bytes);
FPANET_STUB(std::size_t, dct2d_workspace_bytes, const Cuda&, Index, Index, Index, Index);
FPANET_STUB(void, dice, const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&,
            Real<T>*, double*, Bytes);
FPANET_STUB(void, dice_backward, const Cuda&, const std::int32_t*, const double*, const Real<T>*,
            const DiceOptions&, View<T>, Write, Bytes);
FPANET_STUB(std::size_t, dice_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, dropout, const Cuda&, In<T>, const std::int64_t*, std::uint32_t, double, Out<T>,
            Write);
FPANET_STUB(void, focal, const Cuda&, View<const T>, const std::int32_t*, const double*,
            const FocalOptions&, double*, Bytes);
FPANET_STUB(void, focal_backward, const Cuda&, const T*, const std::int32_t*, const double*,
            const double*, const FocalOptions&, View<T>, Write);
FPANET_STUB(std::size_t, focal_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, fold_batch_norm, const Cuda&, const ConvNorm<Real<T>>&, T*, Real<T>*);
FPANET_STUB(void, global_avg_pool, const Cuda&, View<const T>, T*);
FPANET_STUB(void, global_avg_pool_backward, const Cuda&, const T*, View<T>, Write);
FPANET_STUB(void, global_max_pool, const Cuda&, View<const T>, T*, std::int32_t*);
FPANET_STUB(void, global_max_pool_backward, const Cuda&, const T*, const std::int32_t*, View<T>,
            Write);
FPANET_STUB(void, high_pass, const Cuda&, View<const T>, Index, View<T>, Write, Bytes);
FPANET_STUB(std::size_t, high_pass_workspace_bytes, const Cuda&, Index, Index, Index, Index, Index);
void ignore_labels(const Cuda&, std::span<const std::int32_t>, const ClassSet&, std::int32_t,
                   std::span<std::int32_t>) {
  fail("ignore_labels: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}

FPANET_STUB(void, log_softmax, const Cuda&, Matrices<const T>, T*, Bytes);
FPANET_STUB(void, log_softmax_backward, const Cuda&, Matrices<const T>, const T*, T*, Write, Bytes);
FPANET_STUB(void, loss_mean, const Cuda&, const double*, Real<T>*);
FPANET_STUB(void, loss_mean_backward, const Cuda&, const double*, const Real<T>*, double*, Write);
FPANET_STUB(void, loss_sum, const Cuda&, std::span<const Real<T>* const>, std::span<const double>,
            Real<T>*);
FPANET_STUB(void, loss_sum_backward, const Cuda&, const Real<T>*, std::span<const double>,
            std::span<Real<T>* const>, std::span<const Write>);
FPANET_STUB(void, lovasz, const Cuda&, View<const T>, const std::int32_t*, const LovaszOptions&, T*,
            T*, double*, Bytes);
FPANET_STUB(void, lovasz_backward, const Cuda&, View<const Real<T>>, const Real<T>*, const double*,
            const Real<T>*, const LovaszOptions&, T*, Write);
FPANET_STUB(std::size_t, lovasz_workspace_bytes, const Cuda&, View<const T>, const LovaszOptions&);
FPANET_STUB(void, matmul, const Cuda&, Product, Matrices<const T>, Matrices<const T>, Matrices<T>,
            Write, Bytes);
FPANET_STUB(std::size_t, matmul_workspace_bytes, const Cuda&, Product, Matrices<const T>,
            Matrices<const T>, Matrices<T>);
FPANET_STUB(void, max_pool, const Cuda&, View<const T>, PoolWindow, View<T>, std::uint8_t*);
FPANET_STUB(void, max_pool_backward, const Cuda&, View<const T>, const std::uint8_t*, PoolWindow,
            View<T>, Write);
FPANET_STUB(void, overlap_loss, const Cuda&, const double*, const OverlapLossOptions&, Real<T>*,
            double*);
FPANET_STUB(void, overlap_loss_backward, const Cuda&, const double*, const double*, const Real<T>*,
            const OverlapLossOptions&, double*, Write);
FPANET_STUB(void, pab_reread, const Cuda&, const T*, View<T>);
FPANET_STUB(void, pab_reread_backward, const Cuda&, View<const T>, T*, Write);
FPANET_STUB(void, position_attention, const Cuda&, const AttentionSizes&, const AttentionInputs<T>&,
            T*, body::MaxSum*, Bytes);
FPANET_STUB(void, position_attention_backward, const Cuda&, const AttentionSizes&,
            const AttentionInputs<T>&, const T*, const body::MaxSum*, const T*,
            const AttentionGradients<T>&, Bytes);
FPANET_STUB(std::size_t, position_attention_workspace_bytes, const Cuda&, const AttentionSizes&);
FPANET_STUB(void, relu, const Cuda&, In<T>, Out<T>);
FPANET_STUB(void, relu_backward, const Cuda&, In<T>, In<T>, Out<T>, Write);
FPANET_STUB(void, sigmoid, const Cuda&, In<T>, Out<T>);
FPANET_STUB(void, sigmoid_backward, const Cuda&, In<T>, In<T>, Out<T>, Write);
FPANET_STUB(void, softmax, const Cuda&, Matrices<const T>, T*, Bytes);
FPANET_STUB(void, softmax_backward, const Cuda&, Matrices<const T>, const T*, T*, Write, Bytes);
FPANET_STUB(void, softmax_class_sums, const Cuda&, View<const T>, const std::int32_t*,
            std::optional<Index>, View<Real<T>>, double*, Bytes);
FPANET_STUB(void, softmax_class_sums_backward, const Cuda&, View<const Real<T>>,
            const std::int32_t*, const double*, std::optional<Index>, View<T>, Write);
FPANET_STUB(std::size_t, softmax_class_sums_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, softmax_dice, const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&,
            View<Real<T>>, Real<T>*, double*, Bytes);
FPANET_STUB(void, softmax_dice_backward, const Cuda&, View<const Real<T>>, const std::int32_t*,
            const double*, const Real<T>*, const DiceOptions&, View<T>, Write, Bytes);
FPANET_STUB(std::size_t, softmax_dice_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(std::size_t, softmax_workspace_bytes, const Cuda&, Index, Index);
FPANET_STUB(void, tanh, const Cuda&, In<T>, Out<T>);
FPANET_STUB(void, tanh_backward, const Cuda&, In<T>, In<T>, Out<T>, Write);
FPANET_STUB(void, sum_of_squares, const Cuda&, In<T>, double*, Write, Bytes);
FPANET_STUB(std::size_t, sum_of_squares_workspace_bytes, const Cuda&, Index);
FPANET_STUB(void, to_unit, const Cuda&, std::span<const std::uint8_t>, Out<T>);
FPANET_STUB(void, upsample2x, const Cuda&, View<const T>, View<T>);
FPANET_STUB(void, upsample2x_backward, const Cuda&, View<const T>, View<T>, Write);
FPANET_STUB(void, upsample2x_concat, const Cuda&, View<const T>, View<const T>, View<T>);
FPANET_STUB(void, upsample2x_concat_backward, const Cuda&, View<const T>, View<T>, Write, View<T>,
            Write);

template <class T, class Sample>
void to_unit(const Cuda&, In<Sample>, Index, const BandScale&, Out<T>) {
  fail("to_unit: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}
#define FPANET_SAMPLE_STUB(Sample)                                                           \
  template void to_unit(const Cuda&, In<Sample>, Index, const BandScale&, std::span<float>); \
  template void to_unit(const Cuda&, In<Sample>, Index, const BandScale&, std::span<bfloat16>)
FPANET_SAMPLE_STUB(std::uint8_t);
FPANET_SAMPLE_STUB(std::uint16_t);
FPANET_SAMPLE_STUB(std::int16_t);
FPANET_SAMPLE_STUB(float);
#undef FPANET_SAMPLE_STUB

template <class T>
void sum_ranks(const Cuda&, const T*, Index, Index, Out<T>, Write) {
  fail("sum_ranks: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}
template void sum_ranks(const Cuda&, const float*, Index, Index, std::span<float>, Write);
template void sum_ranks(const Cuda&, const double*, Index, Index, std::span<double>, Write);
template void sum_ranks(const Cuda&, const bfloat16*, Index, Index, std::span<bfloat16>, Write);

void rank_statistics(const Cuda&, const double*, std::span<const double>, Index, double*) {
  fail("rank_statistics: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}

}  // namespace fpanet::kernels
