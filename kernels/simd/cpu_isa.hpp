#pragma once
// The ISA whose vector instructions the CPU kernels use, chosen once per process at run time.

#include <string_view>

namespace fpanet::kernels {

enum class CpuIsa {
  generic,      ///< instructions of every x86-64 (or other) processor
  wide,         ///< generic with the block shapes of AVX-512, to test them without AVX-512
  avx2,         ///< AVX2 and FMA: vectors of 8 floats
  avx512,       ///< AVX-512 F, VL, DQ and BW: vectors of 16 floats
  avx512_bf16,  ///< avx512 and products of bfloat16 pairs: 32 per instruction
};

std::string_view name_of(CpuIsa isa);

/// The most capable ISA of this processor.
CpuIsa detected_cpu_isa();

/// The ISA that the environment variable FPANET_CPU names (generic, wide, avx2, avx512 or
/// avx512_bf16), or detected_cpu_isa() if it is unset or empty. Throws Error if the name is unknown
/// or the processor does not have that ISA.
CpuIsa cpu_isa();

/// Whether FPANET_CPU names an ISA. Programs then also run what is slow with that ISA, instead of
/// refusing it.
bool cpu_isa_is_named();

/// The variants of one kernel: for each ISA a function that returns its table of functions. `wide`
/// and `avx512_bf16` are optional, and the x86 variants are null on other processors
/// (FPANET_X86_ONLY). A missing variant is replaced by the next less capable one.
template <class Table>
struct CpuVariants {
  Table (*generic)();
  Table (*avx2)();
  Table (*avx512)();
  Table (*wide)() = nullptr;
  Table (*avx512_bf16)() = nullptr;

  /// The variant for cpu_isa().
  Table choose() const {
    const CpuIsa isa = cpu_isa();
    if (isa >= CpuIsa::avx512_bf16 && avx512_bf16 != nullptr) return avx512_bf16();
    if (isa >= CpuIsa::avx512 && avx512 != nullptr) return avx512();
    if (isa >= CpuIsa::avx2 && avx2 != nullptr) return avx2();
    return isa == CpuIsa::wide && wide != nullptr ? wide() : generic();
  }
};

/// A function that is only compiled on x86-64.
#if defined(__x86_64__)
#define FPANET_X86_ONLY(function) function
#else
#define FPANET_X86_ONLY(function) nullptr
#endif

/// A function that is only compiled in builds with tests (CMakeLists.txt defines FPANET_WIDE).
#if defined(FPANET_WIDE)
#define FPANET_WIDE_ONLY(function) function
#else
#define FPANET_WIDE_ONLY(function) nullptr
#endif

}  // namespace fpanet::kernels
