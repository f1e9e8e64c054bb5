#include "layers/registry.hpp"

#include <algorithm>

#include "layers/samples.hpp"

namespace fpanet {
namespace {

struct Group {
  const char* file;
  std::vector<OpRecord> (*records)();
};

constexpr Group kGroups[] = {
    {"layers/samples_convolution.cpp", samples::convolution_records},
    {"layers/samples_normalisation.cpp", samples::normalisation_records},
    {"layers/samples_elementwise.cpp", samples::elementwise_records},
    {"layers/samples_resampling.cpp", samples::resampling_records},
    {"layers/samples_matrix.cpp", samples::matrix_records},
    {"layers/samples_frequency.cpp", samples::frequency_records},
    {"layers/samples_loss.cpp", samples::loss_records},
    {"layers/samples_overlap_loss.cpp", samples::overlap_loss_records},
    {"layers/samples_pixel_loss.cpp", samples::pixel_loss_records},
    {"layers/samples_optimizer.cpp", samples::optimizer_records},
    {"layers/samples_ranks.cpp", samples::rank_records},
};

}  // namespace

const std::vector<OpRecord>& op_registry() {
  static const std::vector<OpRecord> records = [] {
    std::vector<OpRecord> all;
    for (const Group& group : kGroups) {
      for (OpRecord& record : group.records()) {
        record.file = group.file;
        all.push_back(std::move(record));
      }
    }
    std::sort(all.begin(), all.end(),
              [](const OpRecord& a, const OpRecord& b) { return a.name < b.name; });
    return all;
  }();
  return records;
}

}  // namespace fpanet
