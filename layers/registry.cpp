#include "layers/registry.hpp"

#include <algorithm>

#include "layers/samples.hpp"

namespace fpanet {

const std::vector<OpRecord>& op_registry() {
  static const std::vector<OpRecord> records = [] {
    std::vector<OpRecord> all;
    for (const auto& group :
         {samples::convolution_records, samples::normalisation_records,
          samples::elementwise_records, samples::resampling_records, samples::matrix_records,
          samples::frequency_records, samples::loss_records}) {
      std::vector<OpRecord> some = group();
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    std::sort(all.begin(), all.end(),
              [](const OpRecord& a, const OpRecord& b) { return a.name < b.name; });
    return all;
  }();
  return records;
}

}  // namespace fpanet
