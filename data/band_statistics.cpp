#include "data/band_statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "engine/core/error.hpp"
#include "engine/core/parallel.hpp"

namespace fpanet {

namespace {

constexpr std::array kPercentiles{0.1, 99.9};

/// Keys are ordered as the samples are.
std::uint32_t key_of(std::uint8_t sample) {
  return std::uint32_t{sample} << 16;
}
std::uint32_t key_of(std::uint16_t sample) {
  return std::uint32_t{sample} << 16;
}
std::uint32_t key_of(std::int16_t sample) {
  return static_cast<std::uint32_t>(sample + 32768) << 16;
}
std::uint32_t key_of(float sample) {
  const auto bits = std::bit_cast<std::uint32_t>(sample);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

double sample_of(std::uint32_t key, DType type) {
  if (type == DType::i16) return static_cast<double>(key >> 16) - 32768;
  if (type != DType::f32) return key >> 16;
  return std::bit_cast<float>((key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key);
}

/// Finds the samples of given ranks in one band, 16 bits of the key in each pass.
class RankSearch {
 public:
  /// First pass: counts the upper halves.
  template <class T>
  void count_upper(const Image& image, std::size_t band) {
    for_each<T>(image, band, [&](std::uint32_t key) { ++upper_[key >> 16]; });
  }
  Index samples() const {
    Index sum = 0;
    for (const Index count : upper_) sum += count;
    return sum;
  }
  /// Between the passes: asks for the samples of these ranks, from 0.
  void ask(const std::vector<Index>& ranks) {
    for (const Index rank : ranks) {
      Index before = 0;
      std::uint32_t half = 0;
      while (before + upper_[half] <= rank) before += upper_[half++];
      asked_.push_back({half, rank - before});
      lower_[half].resize(kHalves);
    }
  }
  /// Second pass, for types of more than 16 bits: counts the lower halves of those found.
  template <class T>
  void count_lower(const Image& image, std::size_t band) {
    for_each<T>(image, band, [&](std::uint32_t key) {
      const auto found = lower_.find(key >> 16);
      if (found != lower_.end()) ++found->second[key & 0xffff];
    });
  }
  /// The key of the i-th rank asked for; its lower half is 0 without the second pass.
  std::uint32_t key(std::size_t i, bool two_passes) const {
    const auto& [half, rank] = asked_[i];
    std::uint32_t low = 0;
    if (two_passes) {
      Index before = 0;
      const std::vector<Index>& counts = lower_.at(half);
      while (before + counts[low] <= rank) before += counts[low++];
    }
    return half << 16 | low;
  }

 private:
  static constexpr std::size_t kHalves = 65536;
  struct Asked {
    std::uint32_t half;
    Index rank;  ///< among the samples with this upper half
  };

  template <class T, class F>
  static void for_each(const Image& image, std::size_t band, F&& f) {
    const auto samples = image.samples<T>();
    const auto channels = static_cast<std::size_t>(image.channels);
    for (std::size_t i = band; i < samples.size(); i += channels) {
      if (!is_missing(samples[i], image.nodata)) f(key_of(samples[i]));
    }
  }

  std::vector<Index> upper_ = std::vector<Index>(kHalves);
  std::vector<Asked> asked_;
  std::map<std::uint32_t, std::vector<Index>> lower_;
};

}  // namespace

void BandRange::add(const BandRange& other) {
  const bool had = samples > missing, has = other.samples > other.missing;
  if (has) {
    smallest = had ? std::min(smallest, other.smallest) : other.smallest;
    largest = had ? std::max(largest, other.largest) : other.largest;
  }
  samples += other.samples;
  missing += other.missing;
}

std::vector<BandRange> band_ranges(const Image& image) {
  std::vector<BandRange> ranges(static_cast<std::size_t>(image.channels));
  visit_sample_type(image.type, [&]<class T>(T) {
    const auto samples = image.samples<T>();
    for (std::size_t band = 0; band < ranges.size(); ++band) {
      T smallest{}, largest{};
      BandRange& range = ranges[band];
      for (std::size_t i = band; i < samples.size(); i += ranges.size()) {
        ++range.samples;
        if (is_missing(samples[i], image.nodata)) {
          ++range.missing;
          continue;
        }
        const bool first = range.samples - range.missing == 1;
        smallest = first ? samples[i] : std::min(smallest, samples[i]);
        largest = first ? samples[i] : std::max(largest, samples[i]);
      }
      range.smallest = smallest;
      range.largest = largest;
    }
  });
  return ranges;
}

BandScale percentile_scale(const ImagePass& pass, int threads) {
  std::vector<RankSearch> bands;
  DType type = DType::u8;
  const auto each_band = [&](const auto& f) {
    parallel_for(Cpu{threads}, std::ssize(bands), [&](Index b) { f(static_cast<std::size_t>(b)); });
  };
  pass([&](const Image& image) {
    if (bands.empty()) {
      bands.resize(static_cast<std::size_t>(image.channels));
      type = image.type;
    }
    require(image.type == type && image.channels == std::ssize(bands),
            "percentiles: images differ in type or bands");
    visit_sample_type(type, [&]<class T>(T) {
      each_band([&](std::size_t b) { bands[b].template count_upper<T>(image, b); });
    });
  });

  std::vector<std::array<double, 2>> fractions;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const Index count = bands[b].samples();
    require(count > 0, "band {}: all samples of the training scenes are missing", b + 1);
    std::vector<Index> ranks;
    fractions.emplace_back();
    for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
      const double position = kPercentiles[p] / 100 * static_cast<double>(count - 1);
      const auto rank = static_cast<Index>(std::floor(position));
      fractions.back()[p] = position - static_cast<double>(rank);
      ranks.insert(ranks.end(), {rank, std::min(rank + 1, count - 1)});
    }
    bands[b].ask(ranks);
  }

  const bool two_passes = type == DType::f32;
  if (two_passes) {
    pass([&](const Image& image) {
      each_band([&](std::size_t b) { bands[b].template count_lower<float>(image, b); });
    });
  }

  BandScale scale;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    std::array<float, 2> values{};
    for (std::size_t p = 0; p < values.size(); ++p) {
      const double below = sample_of(bands[b].key(2 * p, two_passes), type);
      const double above = sample_of(bands[b].key(2 * p + 1, two_passes), type);
      values[p] = static_cast<float>(below + (above - below) * fractions[b][p]);
    }
    const float smallest_range = std::max(1.0F, std::abs(values[0]) * 1e-3F);
    const float high = values[1] > values[0] ? values[1] : values[0] + smallest_range;
    if (b == 0) scale = BandScale::uniform(values[0], high);  // the bands that there are not, too
    scale.low[b] = values[0];
    scale.high[b] = high;
  }
  return scale;
}

}  // namespace fpanet
