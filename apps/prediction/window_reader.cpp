#include "apps/prediction/window_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/padding.hpp"
#include "data/raster/fill_missing.hpp"

namespace fpanet {
namespace {

bool any(const std::vector<std::uint8_t>& valid) {
  return std::ranges::any_of(valid, [](std::uint8_t v) { return v != 0; });
}

/// All of the scene's pixels that `window` touches.
Window around(const SourceWindow& window, const ImageSize& scene) {
  const auto top = static_cast<Index>(window.top), left = static_cast<Index>(window.left);
  const auto bottom = static_cast<Index>(std::ceil(window.top + window.height));
  const auto right = static_cast<Index>(std::ceil(window.left + window.width));
  return {top, left, std::min(bottom, scene.height) - top, std::min(right, scene.width) - left};
}

/// (N,bands,H,W) of images of one size, one after the other.
Tensor stacked(const std::vector<Image>& images) {
  const Image& first = images.front();
  Tensor all =
      Tensor::empty({std::ssize(images), first.channels, first.height, first.width}, first.type);
  std::size_t offset = 0;
  for (const Image& image : images) {
    std::memcpy(all.raw() + offset, image.pixels.data(), image.pixels.size());
    offset += image.pixels.size();
  }
  return all;
}

}  // namespace

Index SceneParts::first_windows(Index part) const {
  return plan_.rows.first_over(
      grid_.rows.between(std::min(begin(part), grid_.rows.scene - 1)).first);
}

WindowReader::WindowReader(RasterReader& source, const SceneGrid& grid, const WindowPlan& plan,
                           Index batch, Index first_row)
    : source_(source),
      grid_(grid),
      plan_(plan),
      parts_(grid, plan),
      batch_(batch),
      row_(first_row) {}

std::optional<WindowBatch> WindowReader::next() {
  if (row_ == plan_.rows.count()) return std::nullopt;
  WindowBatch batch{.row = row_};
  std::vector<Image> images;
  while (column_ < plan_.columns.count() && std::ssize(images) < batch_) {
    if (std::optional<Image> image = read(plan_.at(row_, column_))) {
      images.push_back(std::move(*image));
      batch.columns.push_back(column_);
    } else {
      ++batch.empty;
    }
    ++column_;
  }
  if (!images.empty()) batch.images = stacked(images);
  if (column_ == plan_.columns.count()) end_row(batch);
  return batch;
}

std::optional<Image> WindowReader::read(const Window& window) {
  const SourceWindow from = grid_.source(window);
  RasterPatch patch = source_.read(from, window.height, window.width);
  bool has_data = any(patch.valid);
  if (grid_.is_same()) {
    const Index begin = parts_.begin(row_), width = plan_.columns.length();
    const Index rows = parts_.end(row_) - begin;
    valid_.resize(static_cast<std::size_t>(rows * width));
    for (Index y = 0; y < rows; ++y) {
      const auto source = patch.valid.begin() + (begin + y - window.top) * window.width;
      std::copy_n(source, window.width, valid_.begin() + y * width + window.left);
    }
  } else if (!has_data) {
    // Smaller pixels between those that were read may hold data.
    has_data = any(source_.read_valid(around(from, grid_.scene())));
  }
  if (!has_data) return std::nullopt;
  fill_missing(patch);
  return pad_by_reflection(patch.pixels, {plan_.rows.size(), plan_.columns.size()});
}

void WindowReader::end_row(WindowBatch& batch) {
  batch.ends_row = true;
  const Index begin = parts_.begin(row_), rows = parts_.end(row_) - begin;
  if (grid_.is_same()) {
    batch.valid = std::move(valid_);
    valid_ = {};
  } else if (rows > 0) {
    batch.valid = source_.read_valid({begin, 0, rows, grid_.columns.scene});
  }
  ++row_;
  column_ = 0;
}

}  // namespace fpanet
