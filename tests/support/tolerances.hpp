#pragma once
// Every tolerance of the tests, with its reason. None is widened to turn a test green.

namespace fpanet::test {

/// Central differences in double: h^2 truncation plus eps/h rounding, at h = 1e-4 to 1e-5.
inline constexpr double kGradientCheck = 1e-6;
/// The same through a whole network: hundreds of summed terms each carrying that error.
inline constexpr double kNetworkGradientCheck = 1e-5;

/// Sums of the same terms in double, added in another order.
inline constexpr double kSummationOrder = 1e-12;
/// A kernel in float against its definition in double, relative to max(1, |value|): a handful of
/// roundings of 6e-8, or sums whose float part is at most 16 terms long.
inline constexpr double kKernelFloat = 2e-6;
/// The same where hundreds of terms are added up in float (matrix products, transforms).
inline constexpr double kKernelFloatProduct = 2e-5;
/// A channel's mean, in deviations, and its variance, relative: 16 pixels at a time in float about a centre
/// that is near, the rest in double.
inline constexpr double kStatisticsFloat = 3e-7;
/// A kernel in float whose result is rounded to bfloat16, relative to max(1, |value|): half a unit
/// in the 8th bit, and the float arithmetic before it.
inline constexpr double kRoundedToBfloat16 = 0x1.01p-8;

/// A part of the network in double against PyTorch in double: summation order only.
inline constexpr double kPartDouble = 1e-9;
/// A loss's gradient in double against PyTorch's, largest difference over largest gradient: a loss of
/// rare classes divides by sums that are small.
inline constexpr double kLossGradientDouble = 1e-8;

/// The whole network in double against PyTorch in double, probabilities and loss.
inline constexpr double kModelDouble = 1e-9;
/// ... gradient L2 norms, relative.
inline constexpr double kModelDoubleGradient = 1e-6;

/// The whole network in float against PyTorch in float: rounding through 50 layers.
inline constexpr double kModelFloat = 2e-5;
inline constexpr double kModelFloatLoss = 1e-6;
inline constexpr double kModelFloatLaterLoss = 2e-5;
/// Eval-mode probabilities after three AdamW steps: the first steps move every weight by lr *
/// sign(g), and where g is rounding noise the sign is too; lr = 1e-4 on weights of 0.05.
inline constexpr double kModelFloatAfterSteps = 1e-3;
/// L2 norms of every state-dict entry after AdamW steps, relative; Adam's first steps move by
/// lr * sign(g), and where g is rounding noise the sign is too, which norms hardly see. After the
/// first step, and after three, when layer4 at 64x64 has followed with 8 values a channel.
inline constexpr double kStateAfterOneStep = 1e-4;
inline constexpr double kStateAfterSteps = 5e-4;
/// Gradient norms, relative, at 64x64.
inline constexpr double kModelFloatGradient = 1e-4;
/// The PAB's 1x1 convolutions get tiny gradients through the whole-map softmax.
inline constexpr double kModelFloatGradientPab = 2e-3;
/// At 96x160 PyTorch's own float32 is 2e-3 from its float64: an input of a ReLU lies within
/// rounding of zero, and one side or the other of it is taken.
inline constexpr double kModelFloatGradientEdge = 5e-3;

/// CUDA, or the CPU in bf16, against the CPU's double on the same rounded inputs (tests/support/parity.hpp), relative to
/// the largest value of the tensor or to this, if that is larger.
inline constexpr double kParityFloor = 0.01;
/// The gradient of a batch norm over two values, or of a softmax over one, cancels to nothing, yet
/// carries the rounding of its terms, whose size is the incoming gradient's (over the standard
/// deviation).
inline constexpr double kParityFloorCancelling = 0.5;
/// A softmax's gradient y (dy - sum y dy) is y times a difference of numbers in [0.3, 1), and carries
/// the rounding of y in bf16 that the sum does: up to 2^-9.
inline constexpr double kParityFloorSoftmax = 0.25;
/// f32, elementwise ops and reductions in a tree: a few roundings of 6e-8, amplified by divisions
/// by sums and standard deviations.
inline constexpr double kParityFloat = 5e-6;
/// f32, products: up to 7000 terms added in float, through Winograd's transforms at worst.
inline constexpr double kParityFloatProduct = 5e-5;
/// TF32: factors rounded to 10 bits, 2^-11 each, of terms that partly cancel.
inline constexpr double kParityTf32 = 4e-3;
/// bf16: a rounding is 2^-9 of a value. Two or three (an activation, its incoming gradient, what
/// backward reads again) meet in one result.
inline constexpr double kParityBf16 = 1.6e-2;

/// 24 steps of training against PyTorch's in float64: losses and metrics. In double only summation
/// order differs. In float training amplifies rounding, and PyTorch's own float32 drifts as far; in
/// bf16 the rounding it starts from is 2^-9.
inline constexpr double kTrajectoryDouble = 1e-6;
inline constexpr double kTrajectoryFloatStart = 1.5e-4;
inline constexpr double kTrajectoryFloat = 1.5e-2;
inline constexpr double kTrajectoryFloatMean = 2e-3;
inline constexpr double kTrajectoryBf16 = 4e-2;
inline constexpr double kTrajectoryBf16Mean = 1e-2;

/// Probabilities of the whole network on CUDA in f32 against PyTorch's float64: library convolutions
/// add in other orders.
inline constexpr double kCudaModelFloat = 1e-4;
/// The same in bf16, on the CPU, too: some 50 roundings of 2^-9 one after the other add up as a random walk to 1.4e-2 of a
/// logit of size 1, and a probability moves by at most a quarter of that.
inline constexpr double kModelBf16 = 4e-3;
/// In training, batch norm over the 8 or 30 values a channel that these small images leave divides by
/// deviations close to rounding, and single pixels go far: PyTorch's own bf16 autocast is 0.2 from its
/// float64 at worst. Its mean is 1.3e-2 (64x64) and 8e-3 (96x160).
inline constexpr double kModelBf16TrainMean = 2e-2;
/// The loss averages over pixels and classes; rounding mostly cancels there.
inline constexpr double kModelBf16Loss = 2e-4;

}  // namespace fpanet::test
