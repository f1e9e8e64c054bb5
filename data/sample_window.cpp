#include "data/sample_window.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "engine/core/rng.hpp"

namespace fpanet {

Window draw_window(const ImageSize& size, const ImageSize& target, std::uint64_t seed, Index epoch,
                   Index scene) {
  constexpr double kSmallest = 0.5, kLargest = 2.0;
  Rng rng(seed, hash_name(fmt::format("window/{}/{}", epoch, scene)));
  const auto share = [](Index whole, Index part) {
    return static_cast<double>(whole) / static_cast<double>(part);
  };
  const double fitting =
      std::min(share(size.height, target.height), share(size.width, target.width));
  const double factor = std::min(rng.uniform(kSmallest, kLargest), fitting);
  const auto side = [factor](Index wanted, Index picture) {
    const auto rounded = static_cast<Index>(std::lround(static_cast<double>(wanted) * factor));
    return std::clamp<Index>(rounded, 1, picture);
  };
  const auto offset = [&rng](Index rest) {
    return static_cast<Index>(rng.below(static_cast<std::uint64_t>(rest) + 1));
  };
  Window window{.height = side(target.height, size.height),
                .width = side(target.width, size.width)};
  window.top = offset(size.height - window.height);
  window.left = offset(size.width - window.width);
  return window;
}

}  // namespace fpanet
