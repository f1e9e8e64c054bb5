#include "apps/prediction/blend.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace fpanet {
namespace {

/// What a network might say at a pixel of the scene, seen through the window at (row, column).
float said(Index y, Index x, Index k, Index row, Index column) {
  return static_cast<float>((7 * y + 3 * x + 5 * k + 11 * row + 13 * column) % 17) / 17;
}

std::vector<float> window_values(const WindowPlan& plan, Index row, Index column, Index classes) {
  std::vector<float> values;
  const Window window = plan.at(row, column);
  for (Index y = 0; y < plan.rows.size(); ++y) {
    for (Index x = 0; x < plan.columns.size(); ++x) {
      for (Index k = 0; k < classes; ++k) {
        values.push_back(said(window.top + y, window.left + x, k, row, column));
      }
    }
  }
  return values;
}

/// All rows of the blend from row `first` of the windows on; up to `batch` windows are added at a time.
std::vector<float> blended(const WindowPlan& plan, Index classes, int threads, Index first = 0,
                           Index batch = 1) {
  Blend blend(plan, classes, threads);
  std::vector<float> all;
  blend.begin(first);
  for (Index row = first; row < plan.rows.count(); ++row) {
    std::vector<Index> columns;
    std::vector<float> said_of_batch;
    for (Index column = 0; column < plan.columns.count(); ++column) {
      columns.push_back(column);
      const std::vector<float> more = window_values(plan, row, column, classes);
      said_of_batch.insert(said_of_batch.end(), more.begin(), more.end());
      if (std::ssize(columns) < batch && column + 1 < plan.columns.count()) continue;
      blend.add(columns, said_of_batch);
      columns.clear();
      said_of_batch.clear();
    }
    blend.take([&](Index y, std::span<const float> values) {
      CHECK(y == plan.rows.start(first) +
                     static_cast<Index>(all.size()) / (plan.columns.length() * classes));
      all.insert(all.end(), values.begin(), values.end());
    });
  }
  return all;
}

}  // namespace

TEST_CASE("blend: the sum of all windows by their weights, at every pixel") {
  const Index classes = 3;
  for (const auto& [scene, window, overlap] :
       std::vector<std::tuple<ImageSize, ImageSize, double>>{{{100, 75}, {32, 32}, 0.25},
                                                             {{20, 20}, {32, 32}, 0.25},
                                                             {{31, 100}, {32, 64}, 0.5},
                                                             {{64, 64}, {32, 32}, 0.0}}) {
    const WindowPlan plan(scene, window, overlap);
    std::vector<double> expected(static_cast<std::size_t>(scene.height * scene.width * classes));
    for (Index row = 0; row < plan.rows.count(); ++row) {
      for (Index column = 0; column < plan.columns.count(); ++column) {
        const Window part = plan.at(row, column);
        for (Index y = 0; y < part.height; ++y) {
          for (Index x = 0; x < part.width; ++x) {
            const double weight =
                static_cast<double>(plan.rows.weights(row)[static_cast<std::size_t>(y)]) *
                static_cast<double>(plan.columns.weights(column)[static_cast<std::size_t>(x)]);
            for (Index k = 0; k < classes; ++k) {
              const Index at = ((part.top + y) * scene.width + part.left + x) * classes + k;
              expected[static_cast<std::size_t>(at)] +=
                  weight * static_cast<double>(said(part.top + y, part.left + x, k, row, column));
            }
          }
        }
      }
    }
    const std::vector<float> found = blended(plan, classes, 1);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(std::abs(static_cast<double>(found[i]) - expected[i]) < 1e-6);
    }
    CHECK(blended(plan, classes, 3) == found);
    CHECK(blended(plan, classes, 2, 0, 2) == found);
  }
}

TEST_CASE("blend: rows that begin with a later row of windows are the same bits") {
  const Index classes = 2;
  const WindowPlan plan({150, 40}, {32, 32}, 0.4);
  const std::vector<float> whole = blended(plan, classes, 1);
  for (Index position = 0; position < 150; position += 11) {
    const Index first = plan.rows.first_over(position);
    const std::vector<float> rest = blended(plan, classes, 1, first);
    // Only rows from `position` on are complete: earlier rows lack the windows before `first`.
    const auto wanted = static_cast<std::ptrdiff_t>(position * 40 * classes);
    const auto skipped =
        static_cast<std::ptrdiff_t>((position - plan.rows.start(first)) * 40 * classes);
    CHECK(std::vector<float>(rest.begin() + skipped, rest.end()) ==
          std::vector<float>(whole.begin() + wanted, whole.end()));
  }
}

TEST_CASE("blend: memory grows with the width and not with the height") {
  const WindowPlan plan({40000, 1000}, {320, 320}, 0.25);
  const Blend flat(plan, 7, 1);
  CHECK(flat.bytes() == std::size_t{320} * 1000 * 7 * sizeof(float));
}

}  // namespace fpanet
