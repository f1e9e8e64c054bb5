#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "apps/prediction/symmetries.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/model_session.hpp"
#include "data/image.hpp"

namespace fpanet {

/// What sides of images a network takes.
struct NetworkNeeds {
  Index stride = 1, smallest_side = 1;
};

/// Runs a model on single pictures of any size, or on batches of windows.
class Predictor {
 public:
  /// Builds the model and loads its weights. Throws Error if they do not fit it.
  /// Probabilities are averaged over the symmetries `over`.
  Predictor(const Placement& placement, const ModelFile& file, std::vector<Symmetry> over);

  /// Returns probabilities (1,classes,H,W) on the CPU, of which the picture's are the upper left part:
  /// the picture, or each of its transformed copies, is padded by reflection at the bottom and on the
  /// right to sides that the network takes. The picture has the bands and the sample type of `pixels`.
  Tensor run(const Image& image, const PixelFormat& pixels);

  /// Turns images (N,bands,H,W) with N up to `batch` and H,W of `window` into probabilities
  /// (N,classes,H,W) on the CPU, which the next call may overwrite.
  Probabilities windows(const PixelFormat& pixels, Index batch, const ImageSize& window);

  const Placement& placement() const { return session_.placement(); }
  NetworkNeeds needs() const {
    return {session_.network().output_stride(), session_.network().smallest_side()};
  }
  /// Of all weights.
  std::uint32_t checksum() const { return checksum_; }

 private:
  /// A program with memory of its own. Only the program of the last size is kept, because the
  /// pictures of a folder mostly have one size and making a program takes far less time than
  /// running it.
  struct Sized {
    Sized(ModelSession& session, const ImageSize& image_size, const PixelFormat& format);

    ImageSize size;
    PixelFormat pixels;
    Arena arena;
    Program program;
  };
  /// The same without averaging.
  Tensor run_once(const Image& image, const PixelFormat& pixels);
  Program& program(const ImageSize& size, const PixelFormat& pixels);

  Program& program(const Shape& images, const PixelFormat& pixels);

  ModelSession session_;
  std::vector<Symmetry> over_;
  std::uint32_t checksum_ = 0;
  std::unique_ptr<Sized> sized_;
};

}  // namespace fpanet
