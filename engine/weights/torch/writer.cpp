#include "engine/weights/torch/writer.hpp"

#include "engine/weights/torch/zip_writer.hpp"

namespace fpanet {

void write_torch(const std::filesystem::path& path, PickleWriter object) {
  static const std::string kRoot = "archive/";
  ZipWriter zip(path);
  zip.add(kRoot + "data.pkl", object.finish());
  zip.add(kRoot + "byteorder", "little");
  std::size_t key = 0;
  for (const Bytes& storage : object.storages()) {
    zip.add(kRoot + "data/" + std::to_string(key++), storage.span());
  }
  zip.add(kRoot + "version", "3\n");
  zip.finish();
}

void write_metadata(PickleWriter& out, const Metadata& metadata) {
  out.begin_dict();
  for (const auto& [key, value] : metadata) out.text(key).text(value);
  out.end_dict();
}

void write_torch(const std::filesystem::path& path, const StateDict& tensors,
                 const Metadata& metadata) {
  PickleWriter object;
  object.state_dict(tensors);
  if (!metadata.empty()) {
    object.begin_dict().text(kMetadataKey);
    write_metadata(object, metadata);
    object.end_dict().set_attributes();
  }
  write_torch(path, std::move(object));
}

}  // namespace fpanet
