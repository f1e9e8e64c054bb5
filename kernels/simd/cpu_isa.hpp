#pragma once
// The ISA whose vector instructions the CPU kernels use, chosen once per process at run time.

#include <string_view>
#include <vector>

namespace fpanet::kernels {

enum class CpuIsa {
  generic,      ///< instructions of every x86-64, 64-bit Arm or other processor
  wide,         ///< generic with the block shapes of AVX-512, to test them without AVX-512
  avx2,         ///< AVX2 and FMA: vectors of 8 floats
  avx512,       ///< AVX-512 F, VL, DQ and BW: vectors of 16 floats
  avx512_bf16,  ///< avx512 and products of bfloat16 pairs: 32 per instruction
  neon,         ///< every 64-bit Arm processor: vectors of 4 floats, fused multiply-add
  neon_bf16,    ///< neon and products of bfloat16 pairs: 8 per instruction
};

std::string_view name_of(CpuIsa isa);

/// The next less capable ISA, of which `isa` has all instructions; generic for generic.
CpuIsa base_of(CpuIsa isa);

/// The most capable ISA of this processor.
CpuIsa detected_cpu_isa();

/// Whether this processor and this build have the ISA. `wide` is only in builds with tests.
bool has_cpu_isa(CpuIsa isa);

/// All ISAs for which has_cpu_isa() is true, from the least to the most capable.
std::vector<CpuIsa> available_cpu_isas();

/// The ISA that the environment variable FPANET_CPU names, or detected_cpu_isa() if it is unset or
/// empty. Throws Error if the name is unknown or the processor does not have that ISA.
CpuIsa cpu_isa();

/// Whether FPANET_CPU names an ISA. Programs then also run what is slow with that ISA, instead of
/// refusing it.
bool cpu_isa_is_named();

/// The ISA of this architecture that multiplies pairs of bfloat16, without which bfloat16 is slower
/// than float, and what its manufacturers call these instructions.
#if defined(__aarch64__)
inline constexpr CpuIsa kBf16Isa = CpuIsa::neon_bf16;
inline constexpr std::string_view kBf16Instructions = "Arm's BF16";
#else
inline constexpr CpuIsa kBf16Isa = CpuIsa::avx512_bf16;
inline constexpr std::string_view kBf16Instructions = "AVX512-BF16";
#endif

/// The variants of one kernel: for each ISA a function that returns its table of functions. Those of
/// other architectures are null (FPANET_X86_ONLY, FPANET_ARM_ONLY), and a kernel may lack others. A
/// missing variant is replaced by the next less capable one.
template <class Table>
struct CpuVariants {
  using Variant = Table (*)();
  Variant generic;
  Variant avx2 = nullptr;
  Variant avx512 = nullptr;
  Variant neon = nullptr;
  Variant wide = nullptr;
  Variant avx512_bf16 = nullptr;
  Variant neon_bf16 = nullptr;

  /// Null if there is none for this ISA itself.
  Variant of(CpuIsa isa) const {
    switch (isa) {
      case CpuIsa::generic:
        return generic;
      case CpuIsa::wide:
        return wide;
      case CpuIsa::avx2:
        return avx2;
      case CpuIsa::avx512:
        return avx512;
      case CpuIsa::avx512_bf16:
        return avx512_bf16;
      case CpuIsa::neon:
        return neon;
      case CpuIsa::neon_bf16:
        return neon_bf16;
    }
    return nullptr;
  }

  /// The variant for cpu_isa().
  Table choose() const {
    CpuIsa isa = cpu_isa();
    while (of(isa) == nullptr) isa = base_of(isa);
    return of(isa)();
  }

  /// Every variant that this processor can execute; the first is generic. For tests.
  std::vector<Table> all() const {
    std::vector<Table> tables;
    for (const CpuIsa isa : available_cpu_isas()) {
      if (of(isa) != nullptr) tables.push_back(of(isa)());
    }
    return tables;
  }
};

/// A function that is only compiled on x86-64.
#if defined(__x86_64__)
#define FPANET_X86_ONLY(function) function
#else
#define FPANET_X86_ONLY(function) nullptr
#endif

/// A function that is only compiled on 64-bit Arm.
#if defined(__aarch64__)
#define FPANET_ARM_ONLY(function) function
#else
#define FPANET_ARM_ONLY(function) nullptr
#endif

/// A function that is only compiled in builds with tests (CMakeLists.txt defines FPANET_WIDE).
#if defined(FPANET_WIDE)
#define FPANET_WIDE_ONLY(function) function
#else
#define FPANET_WIDE_ONLY(function) nullptr
#endif

}  // namespace fpanet::kernels
