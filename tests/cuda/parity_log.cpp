#include "tests/cuda/parity_log.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace fpanet::test {

void log_parity(const ParityRow& row) {
  static const char* path = std::getenv("FPANET_PARITY_LOG");
  if (path == nullptr) return;
  static std::ofstream file(path, std::ios::app);
  nlohmann::ordered_json json = {{"suite", row.suite},         {"op", row.op},
                                 {"sample", row.sample},       {"precision", row.precision},
                                 {"tensor", row.tensor},       {"error", row.error},
                                 {"tolerance", row.tolerance}, {"ok", row.ok}};
  if (!std::isfinite(row.error)) json["error"] = nullptr;  // JSON has no infinity
  file << json.dump() << std::endl;
}

}  // namespace fpanet::test
