#pragma once

#include <memory>

#include "apps/training/checkpoint.hpp"
#include "apps/training/model_session.hpp"
#include "data/image.hpp"

namespace fpanet {

/// Runs a model on single pictures of any size.
class Predictor {
 public:
  /// Builds and fills the model; throws Error for weights that do not fit it.
  Predictor(const Placement& placement, const ModelFile& file);

  /// Probabilities (1,classes,H,W) on the CPU. H and W are the picture's, rounded up to what the
  /// net takes; the picture is padded by reflection, so that its own pixels are the upper left
  /// part.
  Tensor run(const Image& image);

 private:
  /// A program with memory of its own. Only that of the last size is kept: pictures of one folder
  /// are mostly of one size, and a program is made in far less time than it runs.
  struct Sized {
    Sized(ModelSession& session, const ImageSize& image_size);

    ImageSize size;
    Arena arena;
    Program program;
  };
  Program& program(const ImageSize& size);

  ModelSession session_;
  std::unique_ptr<Sized> sized_;
};

}  // namespace fpanet
