#include "apps/prediction/areas.hpp"

#include <array>
#include <numeric>

#include "data/csv.hpp"
#include "engine/core/atomic_file.hpp"

namespace fpanet {

void Areas::add(std::span<const std::uint8_t> labels, std::optional<double> square_metres) {
  std::array<Index, 256> counts{};
  for (const std::uint8_t label : labels) ++counts[label];
  for (std::size_t label = 0; label < pixels_.size(); ++label) {
    pixels_[label] += counts[label];
    square_metres_[label] += square_metres.value_or(0) * static_cast<double>(counts[label]);
  }
  known_ = known_ && square_metres;
}

std::optional<double> Areas::hectares(Index label) const {
  constexpr double kHectare = 10000;
  if (!known_) return std::nullopt;
  return square_metres_[static_cast<std::size_t>(label)] / kHectare;
}

void Areas::write(const std::filesystem::path& file, const ClassTable& classes) const {
  const Index all = std::accumulate(pixels_.begin(), pixels_.end(), Index{0});
  AtomicFile csv(file);
  csv.write("class,pixels,hectares,share\n");
  for (Index label = 0; label < classes.size(); ++label) {
    const std::optional<double> area = hectares(label);
    const double share =
        all == 0 ? 0 : static_cast<double>(pixels(label)) / static_cast<double>(all);
    csv.write(csv_line(std::array{classes.name(label), fmt::format("{}", pixels(label)),
                                  area ? fmt::format("{:.4f}", *area) : std::string(),
                                  fmt::format("{:.6f}", share)}));
  }
  csv.commit();
}

}  // namespace fpanet
