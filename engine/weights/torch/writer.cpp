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

void write_torch(const std::filesystem::path& path, const StateDict& tensors) {
  PickleWriter object;
  object.state_dict(tensors);
  write_torch(path, std::move(object));
}

}  // namespace fpanet
