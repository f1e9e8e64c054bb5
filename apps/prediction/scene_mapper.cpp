#include "apps/prediction/scene_mapper.hpp"

#include <array>
#include <chrono>
#include <thread>

#include "apps/prediction/blend.hpp"
#include "apps/prediction/bounded_queue.hpp"
#include "apps/prediction/window_reader.hpp"
#include "engine/core/first_error.hpp"
#include "engine/core/parallel.hpp"

namespace fpanet {
namespace {

constexpr std::size_t kBatchesAhead = 2;  // that wait between two threads
constexpr Index kPixelsAtOnce = 1024;     // of a row, in one thread

/// What a network says of a batch.
struct Answer {
  WindowBatch batch;     ///< without its images
  Tensor probabilities;  ///< (N,classes,H,W) of any dtype; undefined if no window has data
};

/// Makes the scene's rows of the grid's.
class RowMaker {
 public:
  RowMaker(const SceneGrid& grid, const MapContents& contents, Index first_row, int threads)
      : grid_(grid), contents_(contents), cpu_{threads}, next_(first_row) {
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
        emit([&](Index x, ClassValues&) { return values.data() + x * contents_.classes; });
      } else {
        emit_between(grid_.rows.between(next_), values);
      }
    }
    std::ranges::copy(values.first(above_.size()), above_.begin());
  }
  MapRows take() { return std::move(rows_); }

 private:
  using ClassValues = std::array<float, kNoDataLabel>;

  /// Adds a row. values_at(x, space) returns the values of a pixel, which may lie in `space`.
  template <class F>
  void emit(const F& values_at) {
    const std::size_t begin = rows_.labels.size();
    rows_.add_row(contents_);
    parallel_chunks(cpu_, grid_.columns.scene, kPixelsAtOnce, [&](Index from, Index to, Index) {
      ClassValues space;
      for (Index x = from; x < to; ++x) {
        if (valid_[x] == 0) continue;
        rows_.set_pixel(begin + static_cast<std::size_t>(x), values_at(x, space), contents_);
      }
    });
    valid_ += grid_.columns.scene;
    ++next_;
  }

  /// Interpolates between the last row and this one. Windows without data count for nothing.
  void emit_between(const GridAxis::Between& down, std::span<const float> below) {
    const Index classes = contents_.classes;
    const float* const first = down.first == down.second ? below.data() : above_.data();
    emit([&](Index x, ClassValues& pixel) {
      const GridAxis::Between at =
          across_.empty() ? GridAxis::Between{x, x, 0} : across_[static_cast<std::size_t>(x)];
      float sum = 0;
      for (Index k = 0; k < classes; ++k) {
        const Index left = at.first * classes + k, right = at.second * classes + k;
        const float top = first[left] + at.weight * (first[right] - first[left]);
        const float bottom = below[static_cast<std::size_t>(left)] +
                             at.weight * (below[static_cast<std::size_t>(right)] -
                                          below[static_cast<std::size_t>(left)]);
        sum += pixel[static_cast<std::size_t>(k)] = top + down.weight * (bottom - top);
      }
      for (Index k = 0; k < classes; ++k) {
        float& value = pixel[static_cast<std::size_t>(k)];
        value = sum > 0 ? value / sum : 0;
      }
      return pixel.data();
    });
  }

  const SceneGrid& grid_;
  const MapContents& contents_;
  Cpu cpu_;
  Index next_, end_ = 0;                 ///< rows of the scene
  const std::uint8_t* valid_ = nullptr;  ///< of the next pixel
  MapRows rows_;
  std::vector<float> above_;               ///< the last row of the grid
  std::vector<GridAxis::Between> across_;  ///< for each column of the scene
};

/// Blends answers, and makes the rows of each row of windows.
class Blending {
 public:
  /// Parts before `done` are blended, too, where later ones depend on them, but not made again.
  Blending(const SceneMapper& mapper, Index done, Index first_windows, int threads)
      : parts_(mapper.grid, mapper.plan),
        done_(done),
        blend_(mapper.plan, mapper.contents.classes, threads),
        maker_(mapper.grid, mapper.contents, parts_.begin(done), threads) {
    blend_.begin(first_windows);
  }

  /// The rows of the part that the batch ends, if any is to be made.
  std::optional<MapRows> add(const WindowBatch& batch, const Tensor& probabilities) {
    if (!batch.columns.empty()) {
      const Tensor said =
          probabilities.dtype() == DType::f32 ? probabilities : probabilities.cast(DType::f32);
      blend_.add(batch.columns, said.span<float>());
    }
    if (!batch.ends_row) return std::nullopt;
    const bool is_missing = batch.row >= done_;
    maker_.begin(is_missing ? parts_.end(batch.row) : 0, batch.valid);
    blend_.take([&](Index y, std::span<const float> values) { maker_.add(y, values); });
    return is_missing ? std::optional(maker_.take()) : std::nullopt;
  }

 private:
  SceneParts parts_;
  Index done_;
  Blend blend_;
  RowMaker maker_;
};

}  // namespace

Index SceneMapper::windows_ahead(const FinishedRows& rows) const {
  if (rows.count() >= plan.rows.count()) return 0;
  const Index first = SceneParts(grid, plan).first_windows(rows.count());
  return (plan.rows.count() - first) * plan.columns.count();
}

double SceneMapper::run(RasterReader& source, FinishedRows& rows, const Probabilities& network,
                        const Progress& progress) const {
  if (rows.count() >= plan.rows.count()) return 0;
  const Index done = rows.count(), first = SceneParts(grid, plan).first_windows(done);
  BoundedQueue<WindowBatch> batches(kBatchesAhead);
  BoundedQueue<Answer> answers(kBatchesAhead);  // of a network that is not on the CPU
  BoundedQueue<MapRows> finished(1);
  FirstError failure;
  const auto guarded = [&](const auto& work) {
    try {
      work();
    } catch (...) {
      failure.keep();
      batches.cancel();
      answers.cancel();
      finished.cancel();
    }
  };
  Blending blending(*this, done, first, network_on_cpu ? default_threads() : 1);
  const auto blend = [&](const Answer& answer) {
    std::optional<MapRows> made = blending.add(answer.batch, answer.probabilities);
    return !made || finished.push(std::move(*made));
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    guarded([&] {
      WindowReader reader(source, grid, plan, batch, first);
      while (std::optional<WindowBatch> next = reader.next()) {
        if (!batches.push(std::move(*next))) return;
      }
      batches.finish();
    });
  });
  threads.emplace_back([&] {
    guarded([&] {
      while (const std::optional<MapRows> next = finished.pop()) rows.add(pack(*next));
    });
  });
  if (!network_on_cpu) {
    threads.emplace_back([&] {
      guarded([&] {
        while (const std::optional<Answer> answer = answers.pop()) {
          if (!blend(*answer)) return;
        }
        finished.finish();
      });
    });
  }
  double seconds = 0;
  guarded([&] {
    while (std::optional<WindowBatch> next = batches.pop()) {
      Answer answer{.batch = std::move(*next), .probabilities = {}};
      const Tensor images = std::exchange(answer.batch.images, {});
      if (images.defined()) {
        const auto begin = std::chrono::steady_clock::now();
        answer.probabilities = network(images);
        seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      }
      const Index windows = std::ssize(answer.batch.columns), empty = answer.batch.empty;
      // The next call of the network overwrites what it says.
      if (!network_on_cpu && images.defined()) answer.probabilities = answer.probabilities.clone();
      if (!(network_on_cpu ? blend(answer) : answers.push(std::move(answer)))) return;
      progress(windows, empty);
    }
    if (network_on_cpu) {
      finished.finish();
    } else {
      answers.finish();
    }
  });
  for (std::thread& thread : threads) thread.join();
  failure.rethrow();
  return seconds;
}

}  // namespace fpanet
