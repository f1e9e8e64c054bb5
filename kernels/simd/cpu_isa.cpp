#include "kernels/simd/cpu_isa.hpp"

#include <cstdlib>
#include <string>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace fpanet::kernels {
namespace {

struct Isa {
  CpuIsa isa;
  std::string_view name;
  CpuIsa base;
};

constexpr Isa kIsas[] = {
    {CpuIsa::generic, "generic", CpuIsa::generic},
    {CpuIsa::wide, "wide", CpuIsa::generic},
    {CpuIsa::avx2, "avx2", CpuIsa::generic},
    {CpuIsa::avx512, "avx512", CpuIsa::avx2},
    {CpuIsa::avx512_bf16, "avx512_bf16", CpuIsa::avx512},
    {CpuIsa::neon, "neon", CpuIsa::generic},
    {CpuIsa::neon_bf16, "neon_bf16", CpuIsa::neon},
};

constexpr const Isa& row_of(CpuIsa isa) {
  return kIsas[static_cast<int>(isa)];
}

constexpr bool rows_are_in_order() {
  int row = 0;
  for (const Isa& isa : kIsas) {
    if (static_cast<int>(isa.isa) != row++) return false;
  }
  return true;
}
static_assert(rows_are_in_order());

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
  if (wanted.empty()) return detected_cpu_isa();
  std::vector<std::string_view> names;
  for (const Isa& row : kIsas) {
    names.push_back(row.name);
    if (row.name != wanted) continue;
    require(row.isa != CpuIsa::wide || kHasWide,
            "FPANET_CPU=wide: only builds with tests (-DFPANET_TESTS=ON) contain it");
    require(has_cpu_isa(row.isa), "FPANET_CPU={}: this processor only has {}", wanted,
            name_of(detected_cpu_isa()));
    return row.isa;
  }
  fail("FPANET_CPU={}: must be one of {}", wanted, join(names, ", "));
}

}  // namespace

std::string_view name_of(CpuIsa isa) {
  return row_of(isa).name;
}

CpuIsa base_of(CpuIsa isa) {
  return row_of(isa).base;
}

CpuIsa detected_cpu_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CpuIsa::generic;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (!avx512) return CpuIsa::avx2;
  return __builtin_cpu_supports("avx512bf16") ? CpuIsa::avx512_bf16 : CpuIsa::avx512;
#elif defined(__aarch64__)
#if defined(HWCAP2_BF16)
  if ((getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0) return CpuIsa::neon_bf16;
#endif
  return CpuIsa::neon;
#else
  return CpuIsa::generic;
#endif
}

bool has_cpu_isa(CpuIsa isa) {
  if (isa == CpuIsa::wide) return kHasWide;
  CpuIsa had = detected_cpu_isa();
  while (had != isa && had != CpuIsa::generic) had = base_of(had);
  return had == isa;
}

std::vector<CpuIsa> available_cpu_isas() {
  std::vector<CpuIsa> isas;
  for (const Isa& row : kIsas) {
    if (has_cpu_isa(row.isa)) isas.push_back(row.isa);
  }
  return isas;
}

bool cpu_isa_is_named() {
  return !isa_name_from_environment().empty();
}

CpuIsa cpu_isa() {
  static const CpuIsa isa = requested_cpu_isa();
  return isa;
}

}  // namespace fpanet::kernels
