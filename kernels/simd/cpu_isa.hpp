#pragma once
// Which vector instructions the convolutions use, decided once per process at run time.

#include <string_view>

namespace fpanet::kernels {

enum class CpuIsa {
  generic,      ///< what every x86-64 (or other) processor has
  wide,         ///< the same with AVX-512's block shapes: tests them where there is no AVX-512
  avx2,         ///< AVX2 and FMA: 8 floats
  avx512,       ///< AVX-512 F, VL, DQ and BW: 16 floats
  avx512_bf16,  ///< and products of bfloat16 pairs: 32 in an instruction
};

std::string_view name_of(CpuIsa level);

/// The highest level this processor has.
CpuIsa detected_cpu_isa();

/// detected_cpu_isa(), or the lower one that the environment variable FPANET_CPU names (generic,
/// wide, avx2, avx512 or avx512_bf16). Throws Error for another word and for a level the processor does not
/// have.
CpuIsa cpu_isa();

/// Whether FPANET_CPU names it: then programs run what it makes slow, too, instead of refusing.
bool cpu_isa_is_named();

/// What one kernel has for each level: makers of its table of functions. `wide` and `avx512_bf16` may be
/// missing, and those of x86 are where it is not (FPANET_X86_ONLY); then the next lower one serves.
template <class Table>
struct CpuVariants {
  Table (*generic)();
  Table (*avx2)();
  Table (*avx512)();
  Table (*wide)() = nullptr;
  Table (*avx512_bf16)() = nullptr;

  /// That of cpu_isa().
  Table choose() const {
    const CpuIsa level = cpu_isa();
    if (level >= CpuIsa::avx512_bf16 && avx512_bf16 != nullptr) return avx512_bf16();
    if (level >= CpuIsa::avx512 && avx512 != nullptr) return avx512();
    if (level >= CpuIsa::avx2 && avx2 != nullptr) return avx2();
    return level == CpuIsa::wide && wide != nullptr ? wide() : generic();
  }
};

/// A maker that is compiled on x86-64 alone.
#if defined(__x86_64__)
#define FPANET_X86_ONLY(maker) maker
#else
#define FPANET_X86_ONLY(maker) nullptr
#endif

}  // namespace fpanet::kernels
