#include "apps/prediction/scene_mapper.hpp"

#include <thread>

#include "apps/prediction/blend.hpp"
#include "apps/prediction/bounded_queue.hpp"
#include "apps/prediction/window_reader.hpp"
#include "engine/core/first_error.hpp"

namespace fpanet {
namespace {

constexpr std::size_t kBatchesAhead = 2;  // that wait between two threads

/// What a network says of a batch.
struct Answer {
  WindowBatch batch;     ///< without its images
  Tensor probabilities;  ///< f32 (N,classes,H,W); undefined if no window has data
};

/// Makes the scene's rows of the grid's.
class RowMaker {
 public:
  RowMaker(const SceneGrid& grid, const MapContents& contents, Index first_row)
      : grid_(grid), contents_(contents), next_(first_row) {
    const std::size_t values =
        static_cast<std::size_t>(grid.columns.grid) * static_cast<std::size_t>(contents.classes);
    if (!grid.is_same()) above_.resize(values);
    for (Index x = 0; !grid.columns.is_same() && x < grid.columns.scene; ++x) {
      across_.push_back(grid.columns.between(x));
    }
  }

  /// Begins the rows up to `end`; `valid` says which of their pixels hold data.
  void begin(Index end, const std::vector<std::uint8_t>& valid) {
    end_ = end;
    valid_ = valid.data();
    rows_ = {.height = 0, .width = grid_.columns.scene};
  }
  /// Takes one row (width,classes) of the grid, from top to bottom.
  void add(Index grid_row, std::span<const float> values) {
    while (next_ < end_ && grid_.rows.between(next_).second <= grid_row) {
      if (grid_.is_same()) {
        emit([&](Index x) { return values.data() + x * contents_.classes; });
      } else {
        emit_between(grid_.rows.between(next_), values);
      }
    }
    std::ranges::copy(values.first(above_.size()), above_.begin());
  }
  MapRows take() { return std::move(rows_); }

 private:
  template <class F>
  void emit(const F& values_at) {
    for (Index x = 0; x < grid_.columns.scene; ++x) {
      if (*valid_++ != 0) {
        rows_.add_pixel(values_at(x), contents_);
      } else {
        rows_.add_missing(contents_);
      }
    }
    ++rows_.height;
    ++next_;
  }

  /// Interpolates between the last row and this one. Windows without data count for nothing.
  void emit_between(const GridAxis::Between& down, std::span<const float> below) {
    const Index classes = contents_.classes;
    const float* const first = down.first == down.second ? below.data() : above_.data();
    pixel_.resize(static_cast<std::size_t>(classes));
    emit([&](Index x) {
      const GridAxis::Between at =
          across_.empty() ? GridAxis::Between{x, x, 0} : across_[static_cast<std::size_t>(x)];
      float sum = 0;
      for (Index k = 0; k < classes; ++k) {
        const Index left = at.first * classes + k, right = at.second * classes + k;
        const float top = first[left] + at.weight * (first[right] - first[left]);
        const float bottom = below[static_cast<std::size_t>(left)] +
                             at.weight * (below[static_cast<std::size_t>(right)] -
                                          below[static_cast<std::size_t>(left)]);
        sum += pixel_[static_cast<std::size_t>(k)] = top + down.weight * (bottom - top);
      }
      for (float& value : pixel_) value = sum > 0 ? value / sum : 0;
      return pixel_.data();
    });
  }

  const SceneGrid& grid_;
  const MapContents& contents_;
  Index next_, end_ = 0;                 ///< rows of the scene
  const std::uint8_t* valid_ = nullptr;  ///< of the next pixel
  MapRows rows_;
  std::vector<float> above_, pixel_;       ///< the last row of the grid, and one pixel
  std::vector<GridAxis::Between> across_;  ///< for each column of the scene
};

/// Blends answers and adds finished rows.
class RowWriter {
 public:
  RowWriter(const SceneMapper& mapper, FinishedRows& rows, Index first_windows)
      : parts_(mapper.grid, mapper.plan),
        rows_(rows),
        blend_(mapper.plan, mapper.contents.classes, 1),
        maker_(mapper.grid, mapper.contents, parts_.begin(rows.count())) {
    blend_.begin(first_windows);
  }

  void add(const Answer& answer) {
    const WindowBatch& batch = answer.batch;
    std::size_t window = 0;
    for (const Index column : batch.columns) {
      const auto values = answer.probabilities.span<float>();
      const std::size_t size = values.size() / batch.columns.size();
      blend_.add(column, values.subspan(window++ * size, size));
    }
    if (!batch.ends_row) return;
    const bool is_missing = batch.row >= rows_.count();
    maker_.begin(is_missing ? parts_.end(batch.row) : 0, batch.valid);
    blend_.take([&](Index y, std::span<const float> values) { maker_.add(y, values); });
    if (is_missing) rows_.add(pack(maker_.take()));
  }

 private:
  SceneParts parts_;
  FinishedRows& rows_;
  Blend blend_;
  RowMaker maker_;
};

}  // namespace

Index SceneMapper::windows_ahead(const FinishedRows& rows) const {
  if (rows.count() >= plan.rows.count()) return 0;
  const Index first = SceneParts(grid, plan).first_windows(rows.count());
  return (plan.rows.count() - first) * plan.columns.count();
}

void SceneMapper::run(RasterReader& source, FinishedRows& rows, const Probabilities& network,
                      const Progress& progress) const {
  if (rows.count() >= plan.rows.count()) return;
  const Index first = SceneParts(grid, plan).first_windows(rows.count());
  BoundedQueue<WindowBatch> batches(kBatchesAhead);
  BoundedQueue<Answer> answers(kBatchesAhead);
  FirstError failure;
  const auto guarded = [&](const auto& work) {
    try {
      work();
    } catch (...) {
      failure.keep();
      batches.cancel();
      answers.cancel();
    }
  };
  std::thread reading([&] {
    guarded([&] {
      WindowReader reader(source, grid, plan, batch, first);
      while (std::optional<WindowBatch> next = reader.next()) {
        if (!batches.push(std::move(*next))) return;
      }
      batches.finish();
    });
  });
  std::thread writing([&] {
    guarded([&] {
      RowWriter writer(*this, rows, first);
      while (const std::optional<Answer> answer = answers.pop()) writer.add(*answer);
    });
  });
  guarded([&] {
    while (std::optional<WindowBatch> next = batches.pop()) {
      Answer answer{.batch = std::move(*next), .probabilities = {}};
      const Tensor images = std::exchange(answer.batch.images, {});
      if (images.defined()) {
        const Tensor said = network(images);
        answer.probabilities = said.dtype() == DType::f32 ? said.clone() : said.cast(DType::f32);
      }
      const Index windows = std::ssize(answer.batch.columns), empty = answer.batch.empty;
      if (!answers.push(std::move(answer))) return;
      progress(windows, empty);
    }
    answers.finish();
  });
  reading.join();
  writing.join();
  failure.rethrow();
}

}  // namespace fpanet
