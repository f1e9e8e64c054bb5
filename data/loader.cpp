#include "data/loader.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <span>
#include <thread>
#include <utility>

#include "data/resize.hpp"
#include "data/sample_window.hpp"
#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "engine/distributed/communicator.hpp"

namespace fpanet {

namespace {

/// What the loader takes of a scene: all of it, or a window of it.
struct SceneCut {
  std::shared_ptr<const Scene> scene;
  std::optional<std::pair<Image, Image>> window = {};  // image and labels

  const Image& image() const { return window ? window->first : scene->image; }
  const Image& labels() const { return window ? window->second : scene->labels.labels; }
};

SceneCut cut_scene(SceneStore& store, Index scene, const LoaderOptions& options, Index epoch) {
  if (!options.crop_to) return {.scene = store.get(scene)};
  const ImageSize& size = *options.crop_to;
  if (store.dataset().windowed()) {
    return {.scene = std::make_shared<const Scene>(store.dataset().load_random(
                scene, {.size = size, .seed = options.seed, .epoch = epoch}))};
  }
  SceneCut taken{.scene = store.get(scene)};
  const Image &image = taken.scene->image, &labels = taken.scene->labels.labels;
  const Window window = draw_window({image.height, image.width}, size, options.seed, epoch, scene);
  taken.window.emplace(resize(crop(image, window), size, Interpolation::linear),
                       resize(crop(labels, window), size, Interpolation::nearest));
  return taken;
}

Batch make_batch(SceneStore& store, std::span<const Index> scenes, const LoaderOptions& options,
                 Index epoch) {
  const auto count = static_cast<Index>(scenes.size());
  const SceneCut first = cut_scene(store, scenes[0], options, epoch);
  const ImageSize size{first.image().height, first.image().width};

  Batch batch;
  batch.images =
      Tensor::empty({count, first.image().channels, size.height, size.width}, first.image().type);
  batch.labels = Tensor::empty({count, size.height, size.width}, DType::i32);
  batch.scenes.assign(scenes.begin(), scenes.end());
  const auto pixels = static_cast<std::size_t>(size.height * size.width);
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const SceneCut taken = i == 0 ? first : cut_scene(store, scenes[i], options, epoch);
    const Image& picture = taken.image();
    batch.ids.push_back(store.dataset().id(scenes[i]));
    require(picture.height == size.height && picture.width == size.width,
            "a batch needs images of one size, but '{}' is {} and '{}' is {}: use --image-size HxW "
            "or --batch-size 1",
            batch.ids[0], first.image().size_str(), batch.ids[i], picture.size_str());
    require_same_samples(*first.scene, batch.ids[0], *taken.scene, batch.ids[i]);
    const AugmentDraw draw = draw_augment(options, epoch, scenes[i], size);
    const Tensor image = batch.images.slice(static_cast<Index>(i), 1);
    augment_image(picture, draw, options.scale, {image.raw(), image.bytes()});
    augment_labels(taken.labels(), draw,
                   batch.labels.span<std::int32_t>().subspan(i * pixels, pixels));
  }
  return batch;
}

}  // namespace

AugmentDraw draw_augment(const LoaderOptions& options, Index epoch, Index scene,
                         const ImageSize& size) {
  return draw_augment(options.augment, options.seed, epoch, scene,
                      {.square = size.height == size.width, .rgb_bytes = options.shift_colours});
}

/// One pass over the scenes. Threads take batch numbers in order and put finished batches into
/// `made_`, at most `prefetch` ahead of the consumer.
class Loader::Epoch {
 public:
  Epoch(SceneStore& store, std::vector<Index> order, const LoaderOptions& options, Index epoch,
        Index first, Index end)
      : store_(store),
        order_(std::move(order)),
        options_(options),
        epoch_(epoch),
        end_(end),
        next_to_make_(first),
        next_to_give_(first) {
    const Index workers = std::min<Index>(std::max(options.threads, 1), end - first);
    for (Index i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }

  ~Epoch() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;

  std::optional<Batch> next() {
    std::unique_lock lock(mutex_);
    if (next_to_give_ >= end_) return std::nullopt;
    changed_.wait(lock, [this] { return made_.contains(next_to_give_); });
    Made made = std::move(made_.extract(next_to_give_).mapped());
    ++next_to_give_;
    lock.unlock();
    changed_.notify_all();
    if (made.error) std::rethrow_exception(made.error);
    return std::move(made.batch);
  }

 private:
  struct Made {
    Batch batch;
    std::exception_ptr error;
  };

  bool may_make() const {
    return next_to_make_ < next_to_give_ + std::max<Index>(options_.prefetch, 1);
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || next_to_make_ >= end_ || may_make(); });
      if (stopping_ || next_to_make_ >= end_) return;
      const Index number = next_to_make_++;
      lock.unlock();
      Made made = make(number);
      lock.lock();
      made_.emplace(number, std::move(made));
      changed_.notify_all();
    }
  }

  Made make(Index number) {
    const auto begin = static_cast<std::size_t>(number * options_.batch_size);
    const auto count =
        std::min(static_cast<std::size_t>(options_.batch_size), order_.size() - begin);
    try {
      return {make_part(std::span(order_).subspan(begin, count)), {}};
    } catch (...) {
      return {{}, std::current_exception()};
    }
  }

  /// This rank's part of the whole batch.
  Batch make_part(std::span<const Index> whole) {
    const RankPart part = rank_part(std::ssize(whole), options_.rank, options_.ranks);
    const auto scenes = whole.subspan(static_cast<std::size_t>(part.count == 0 ? 0 : part.first),
                                      static_cast<std::size_t>(std::max<Index>(part.count, 1)));
    Batch batch = make_batch(store_, scenes, options_, epoch_);
    batch.whole = std::ssize(whole);
    batch.stands_in = part.count == 0;
    if (batch.stands_in) std::ranges::fill(batch.labels.span<std::int32_t>(), kIgnoreLabel);
    return batch;
  }

  SceneStore& store_;
  const std::vector<Index> order_;
  const LoaderOptions options_;
  const Index epoch_, end_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Index next_to_make_, next_to_give_;
  std::map<Index, Made> made_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

Loader::Loader(std::shared_ptr<SceneStore> store, std::vector<Index> scenes,
               const LoaderOptions& options)
    : store_(std::move(store)), scenes_(std::move(scenes)), options_(options) {
  require(!scenes_.empty(), "loader: there are no scenes to load");
  require(options_.batch_size >= 1, "batch size {}: expected at least 1", options_.batch_size);
  require(options_.rank >= 0 && options_.rank < options_.ranks, "loader: rank {} of {}",
          options_.rank, options_.ranks);
  require(batches() >= 1, "loader: {} scenes fill no batch of {}, and smaller ones are dropped",
          scenes_.size(), options_.batch_size);
}

Loader::~Loader() = default;

Index Loader::batches() const {
  const auto scenes = static_cast<Index>(scenes_.size());
  return (scenes + (options_.drop_last ? 0 : options_.batch_size - 1)) / options_.batch_size;
}

std::vector<Index> Loader::order(Index epoch) const {
  std::vector<Index> order = scenes_;
  if (!options_.shuffle) return order;
  Rng rng(options_.seed, hash_name(fmt::format("shuffle/{}", epoch)));
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[rng.below(i + 1)]);
  return order;
}

std::vector<Index> Loader::batch_scenes(Index epoch, Index batch) const {
  const std::vector<Index> scenes = order(epoch);
  const auto count = static_cast<Index>(scenes.size());
  const Index first = batch * options_.batch_size;
  return {scenes.begin() + first, scenes.begin() + std::min(count, first + options_.batch_size)};
}

void Loader::start(Index epoch, Index first) {
  require(first >= 0 && first <= batches(), "loader: batch {} of an epoch of {} batches", first,
          batches());
  epoch_.reset();
  epoch_ = std::make_unique<Epoch>(*store_, order(epoch), options_, epoch, first, batches());
}

std::optional<Batch> Loader::next() {
  return epoch_ ? epoch_->next() : std::nullopt;
}

}  // namespace fpanet
