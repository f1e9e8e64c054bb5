#pragma once
// What summary, explain and bench share: flags that choose a model and a program, and a session
// with random weights and random input to run it on.

#include "apps/cli/settings.hpp"
#include "apps/training/model_session.hpp"
#include "apps/training/resident_scenes.hpp"

namespace fpanet {

struct ModelFlags {
  std::string task = "train";  ///< train, infer
  std::int64_t batch = 1;
  ImageSize image_size{320, 320};
  std::string encoder = "resnet34";
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;
  bool deterministic = false;
};

/// --image-size, --encoder, --batch, and with `with_task` --task; then --device and the like.
void describe(ModelFlags& flags, Settings& settings, bool with_task);

ProgramOptions program_options(const ModelFlags& flags);
/// Initialised weights; gradients and moments only for training.
std::unique_ptr<ModelSession> make_session(const ModelFlags& flags, Console& console);
/// Random bytes as images, random classes as labels.
void fill_inputs(Program& program, Index classes);
/// Instead of that: as many generated scenes in the device's memory, drawn as a batch for their source().
std::unique_ptr<ResidentScenes> resident_inputs(const ModelFlags& flags, const Context& context);

}  // namespace fpanet
