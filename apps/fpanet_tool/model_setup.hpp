#pragma once
// Shared by summary, explain and bench: the flags that select a network and a program, a session with
// random weights or a checkpoint's, and random inputs.

#include "apps/cli/settings.hpp"
#include "apps/training/model_session.hpp"
#include "apps/training/network_settings.hpp"
#include "apps/training/resident_scenes.hpp"

namespace fpanet {

struct ModelFlags {
  std::string task = "train";  ///< train, infer
  std::int64_t batch = 1;
  ImageSize image_size{320, 320};
  NetworkFlags network = {};
  std::string checkpoint = {};  ///< its network and weights; empty: the flags' network
  std::string device = "auto";
  std::string precision = "fp32";
  std::int64_t threads = 0;
  bool deterministic = false;
};

/// Adds --batch, --image-size, --checkpoint, --network and the options of networks, --device,
/// --precision, --threads and --deterministic, and with `with_task` also --task.
void describe(ModelFlags& flags, Settings& settings, bool with_task);

ProgramOptions program_options(const ModelFlags& flags);
/// A session with weights. It has gradients and moments only for training. `settings` are those that
/// describe() has added the flags to.
std::unique_ptr<ModelSession> make_session(const ModelFlags& flags, const Settings& settings,
                                           Console& console);
/// Fills the inputs with random images and random labels.
void fill_inputs(Program& program, Index classes);
/// The alternative to fill_inputs(): flags.batch synthetic scenes in the device's memory, drawn as
/// the next batch of their source(). Throws TooFewBands for a model of more bands than they have.
std::unique_ptr<ResidentScenes> resident_inputs(const ModelFlags& flags, Index bands,
                                                const Context& context);

}  // namespace fpanet
