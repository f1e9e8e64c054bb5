#include "data/scene_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <new>
#include <string>

#include "engine/core/error.hpp"
#include "engine/core/parallel.hpp"

namespace fpanet {

namespace {

std::size_t bytes_of(const Scene& scene) {
  return scene.image.pixels.size() + scene.labels.labels.pixels.size();
}

/// The result of verify for one scene.
struct Finding {
  std::string problem;  // empty if the scene is readable
  MaskCounts counts;
  ImageSize size;
  bool turned = false;
  DType type = DType::u8;
  bool too_few_bands = false;
};

/// Adds `value` with its scene unless it occurred before.
template <class T>
void add_new(std::vector<std::pair<T, Index>>& seen, const T& value, Index scene) {
  const auto same = [&](const auto& entry) { return entry.first == value; };
  if (std::none_of(seen.begin(), seen.end(), same)) seen.emplace_back(value, scene);
}

}  // namespace

SceneStore::SceneStore(std::shared_ptr<const Dataset> dataset, std::size_t memory_limit)
    : dataset_(std::move(dataset)),
      entries_(static_cast<std::size_t>(dataset_->size())),
      memory_limit_(dataset_->windowed() ? 0 : memory_limit) {}

void SceneStore::load_native(std::span<const Index> scenes) {
  for (const Index scene : scenes) entries_[static_cast<std::size_t>(scene)].native = true;
}

std::shared_ptr<const Scene> SceneStore::get(Index scene) {
  Entry& entry = entries_[static_cast<std::size_t>(scene)];
  const std::lock_guard lock(entry.mutex);
  if (entry.scene) return entry.scene;
  auto loaded = std::make_shared<const Scene>(entry.native ? dataset_->load_native(scene)
                                                           : dataset_->load(scene));
  const std::size_t bytes = bytes_of(*loaded);
  if (memory_used_.fetch_add(bytes) + bytes <= memory_limit_) {
    entry.scene = loaded;
  } else {
    memory_used_.fetch_sub(bytes);
  }
  return loaded;
}

SceneStore::Summary SceneStore::verify(std::span<const Index> scenes, int threads,
                                       const std::function<void(Index done)>& progress) {
  std::vector<Finding> findings(scenes.size());
  std::mutex progress_mutex;
  Index done = 0;
  parallel_for(Cpu{threads}, static_cast<Index>(scenes.size()), [&](Index i) {
    Finding& finding = findings[static_cast<std::size_t>(i)];
    try {
      if (const SceneFacts* known = dataset_->facts(scenes[static_cast<std::size_t>(i)])) {
        finding.counts = known->counts;
        finding.size = known->size;
        finding.type = known->type;
      } else {
        const auto scene = get(scenes[static_cast<std::size_t>(i)]);
        finding.counts.add(scene->labels);
        finding.size = {scene->image.height, scene->image.width};
        finding.turned = scene->turned;
        finding.type = scene->image.type;
      }
    } catch (const TooFewBands& error) {
      finding.problem = error.what();
      finding.too_few_bands = true;
    } catch (const std::bad_alloc&) {
      finding.problem = fmt::format("{}: too large for the available memory",
                                    dataset_->id(scenes[static_cast<std::size_t>(i)]));
    } catch (const std::exception& error) {
      finding.problem = error.what();
    }
    const std::lock_guard lock(progress_mutex);
    if (progress) progress(++done);
  });

  Summary summary;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding& finding = findings[i];
    summary.of_scene.push_back(finding.counts);
    if (!finding.problem.empty()) {
      summary.problems.push_back(finding.problem);
      if (finding.too_few_bands) summary.too_few_bands.push_back(finding.problem);
      continue;
    }
    summary.add(finding.counts);
    if (finding.turned) summary.turned.push_back(scenes[i]);
    if (!entries_[static_cast<std::size_t>(scenes[i])].native) {
      add_new(summary.sizes, finding.size, scenes[i]);
    }
    add_new(summary.types, finding.type, scenes[i]);
  }
  return summary;
}

}  // namespace fpanet
