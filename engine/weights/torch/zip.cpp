#include "engine/weights/pickle/persistent_id.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/torch/file.hpp"
#include "engine/weights/torch/zip_reader.hpp"

namespace fpanet {

namespace {

/// The folder of the only member called data.pkl: "archive/" for "archive/data.pkl".
std::string root_folder(const ZipReader& zip, const std::string& name) {
  static constexpr std::string_view kPickle = "/data.pkl";
  std::string root;
  for (const auto& [path, member] : zip.members()) {
    if (!path.ends_with(kPickle)) continue;
    require(root.empty(), "{}: more than one data.pkl in the zip archive", name);
    root = path.substr(0, path.size() - kPickle.size() + 1);
  }
  require(!root.empty(), "{}: a zip archive without data.pkl was not written by torch.save", name);
  require(!zip.contains(root + "constants.pkl"),
          "{}: a TorchScript archive; save only the weights with torch.save(model.state_dict())",
          name);
  return root;
}

}  // namespace

TorchFile open_torch_zip(const Bytes& file, const std::string& name) {
  const auto zip = std::make_shared<const ZipReader>(file, name);
  const std::string root = root_folder(*zip, name);
  if (zip->contains(root + "byteorder")) {
    const Bytes order = zip->read(root + "byteorder");
    require(order.text() == "little", "{}: byte order is '{}'; only little-endian files are read",
            name, printable(order.text()));
  }
  auto heap = std::make_unique<pickle::Heap>(name, file.size());
  const Bytes data = zip->read(root + "data.pkl");
  const auto [object, end] =
      pickle::unpickle(data.text(), 0, name + ": data.pkl", *heap,
                       [&heap = *heap](const pickle::Object& id, const pickle::Where& where) {
                         return pickle::storage_from_id(id, heap, where);
                       });
  return {name, file, std::move(heap), object,
          [zip, folder = root + "data/"](std::string_view key) {
            return zip->read(folder + std::string(key));
          }};
}

}  // namespace fpanet
