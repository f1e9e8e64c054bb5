#pragma once

#include "kernels/assemble_batch.hpp"
#include "kernels/base/body.hpp"
#include "kernels/to_unit_body.hpp"

namespace fpanet::kernels::body {

/// The number, among the pixels of all scenes, of the one that pixel (y,x) of an image comes from.
FPANET_HD inline Index assembled_pixel(const BatchAssembly& batch, const BatchItem& item, Index y,
                                       Index x) {
  return item.scene * batch.h * batch.w + item.walk.at(y, x);
}

/// The value in [0,1] for byte `value` of a scene whose colours are not shifted.
FPANET_HD inline float assembled_byte(const BatchAssembly& batch, const BatchItem& item,
                                      std::uint8_t value) {
  return to_unit(item.table[value], 0, batch.scale);
}

/// Band `band` of an RGB pixel after brightness, contrast and the shift of its colours.
FPANET_HD inline std::uint8_t shifted_byte(const BatchItem& item, const std::uint8_t* pixel,
                                           Index band) {
  const RgbBytes rgb =
      shifted({item.table[pixel[0]], item.table[pixel[1]], item.table[pixel[2]]}, item.colours);
  return band == 0 ? rgb.red : band == 1 ? rgb.green : rgb.blue;
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

/// The value in [0,1] of one band of pixel number `pixel` of the scenes.
FPANET_HD inline float assembled_value(const BatchAssembly& batch, const BatchItem& item,
                                       Index pixel, Index band) {
  const Index at = pixel * batch.c;
  if (batch.scene_type == SampleType::u8) {
    const std::uint8_t* const bytes = static_cast<const std::uint8_t*>(batch.scene_images) + at;
    if (item.shifts_colours == 0) return assembled_byte(batch, item, bytes[band]);
    return to_unit(shifted_byte(item, bytes, band), 0, batch.scale);
  }
  return assembled_sample(batch.scene_images, batch.scene_type, at + band,
                          sample_scale(batch, item, band));
}

/// The label that the label byte of pixel number `pixel` of the scenes stands for.
FPANET_HD inline std::int32_t assembled_label(const BatchAssembly& batch, Index pixel) {
  const std::uint8_t label = batch.scene_labels[pixel];
  return label == batch.ignore_byte ? batch.ignore_label : label;
}

}  // namespace fpanet::kernels::body
