#pragma once

#include "kernels/assemble_batch.hpp"
#include "kernels/base/body.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels::body {

/// Source index of entry i in a row or column of `size` entries.
FPANET_HD inline Index flipped(Index i, Index size, bool flip) {
  return flip ? size - 1 - i : i;
}

/// The value in [0,1] for byte `value` of a scene.
FPANET_HD inline float assembled_byte(const BatchAssembly& batch, const BatchItem& item,
                                      std::uint8_t value) {
  return to_unit(item.table[value], 0, batch.scale);
}

/// What turns a sample of one band and image that is not a byte into a value in [0,1].
struct SampleScale {
  float alpha, beta, low, high;
};
FPANET_HD inline SampleScale sample_scale(const BatchAssembly& batch, const BatchItem& item,
                                          Index band) {
  const auto b = static_cast<std::size_t>(band);
  return {item.alpha, item.beta, batch.scale.low[b], batch.scale.high[b]};
}

template <class Sample>
FPANET_HD float assembled_sample(const void* samples, Index at, const SampleScale& s) {
  const Sample sample = static_cast<const Sample*>(samples)[at];
  const Sample bright = brightened(sample, s.alpha, s.beta, s.low, s.high);
  return unit_value(static_cast<float>(bright), s.low, s.high);
}
/// Sample number `at` of u16, i16 or f32.
FPANET_HD inline float assembled_sample(const void* samples, SampleType type, Index at,
                                        const SampleScale& scale) {
  if (type == SampleType::u16) return assembled_sample<std::uint16_t>(samples, at, scale);
  if (type == SampleType::i16) return assembled_sample<std::int16_t>(samples, at, scale);
  return assembled_sample<float>(samples, at, scale);
}

/// The value in [0,1] for sample number `at` of the scenes, which is one of `band`.
FPANET_HD inline float assembled_value(const BatchAssembly& batch, const BatchItem& item, Index at,
                                       Index band) {
  if (batch.scene_type == SampleType::u8) {
    return assembled_byte(batch, item, static_cast<const std::uint8_t*>(batch.scene_images)[at]);
  }
  return assembled_sample(batch.scene_images, batch.scene_type, at,
                          sample_scale(batch, item, band));
}

/// Label of pixel (y,x) of image i.
FPANET_HD inline std::int32_t assembled_label(const BatchAssembly& batch, Index i, Index y,
                                              Index x) {
  const BatchItem& item = batch.items[i];
  const Index from_y = flipped(y, batch.h, item.flip_vertical != 0);
  const Index from_x = flipped(x, batch.w, item.flip_horizontal != 0);
  const std::uint8_t label = batch.scene_labels[(item.scene * batch.h + from_y) * batch.w + from_x];
  return label == batch.ignore_byte ? batch.ignore_label : label;
}

}  // namespace fpanet::kernels::body
