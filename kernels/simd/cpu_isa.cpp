#include "kernels/simd/cpu_isa.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "engine/core/error.hpp"

namespace fpanet::kernels {
namespace {

constexpr std::array kIsas{CpuIsa::generic, CpuIsa::wide, CpuIsa::avx2, CpuIsa::avx512,
                           CpuIsa::avx512_bf16};

#if defined(FPANET_WIDE)
constexpr bool kHasWide = true;
#else
constexpr bool kHasWide = false;
#endif

std::string_view isa_name_from_environment() {
  const char* const name = std::getenv("FPANET_CPU");
  return name != nullptr ? name : "";
}

CpuIsa requested_cpu_isa() {
  const std::string_view wanted = isa_name_from_environment();
  const CpuIsa detected = detected_cpu_isa();
  if (wanted.empty()) return detected;
  for (const CpuIsa isa : kIsas) {
    if (name_of(isa) != wanted) continue;
    require(isa <= std::max(detected, CpuIsa::wide), "FPANET_CPU={}: this processor only has {}",
            wanted, name_of(detected));
    require(isa != CpuIsa::wide || kHasWide,
            "FPANET_CPU=wide: only builds with tests (-DFPANET_TESTS=ON) contain it");
    return isa;
  }
  fail("FPANET_CPU={}: must be one of generic, wide, avx2, avx512, avx512_bf16", wanted);
}

}  // namespace

std::string_view name_of(CpuIsa isa) {
  switch (isa) {
    case CpuIsa::generic:
      return "generic";
    case CpuIsa::wide:
      return "wide";
    case CpuIsa::avx2:
      return "avx2";
    case CpuIsa::avx512:
      return "avx512";
    case CpuIsa::avx512_bf16:
      return "avx512_bf16";
  }
  return "?";
}

CpuIsa detected_cpu_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CpuIsa::generic;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (!avx512) return CpuIsa::avx2;
  return __builtin_cpu_supports("avx512bf16") ? CpuIsa::avx512_bf16 : CpuIsa::avx512;
#else
  return CpuIsa::generic;
#endif
}

bool cpu_isa_is_named() {
  return !isa_name_from_environment().empty();
}

CpuIsa cpu_isa() {
  static const CpuIsa isa = requested_cpu_isa();
  return isa;
}

}  // namespace fpanet::kernels
