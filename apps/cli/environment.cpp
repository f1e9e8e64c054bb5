#include "apps/cli/environment.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <fstream>

namespace fpanet {
namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string system_name() {
  utsname name{};
  if (::uname(&name) != 0) return "unknown system";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

/// "model name" of the first processor. Not every architecture provides it.
std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

}  // namespace

std::string environment_line(int threads) {
  return fmt::format("fpanet {}, {}, {}, {}, {} thread{}", FPANET_VERSION, compiler(),
                     system_name(), processor(), threads, threads == 1 ? "" : "s");
}

}  // namespace fpanet
