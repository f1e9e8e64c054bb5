#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "engine/core/atomic_file.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "engine/weights/safetensors/types.hpp"

namespace fpanet {

namespace {

std::string_view header_name(ElementType type) {
  const auto found =
      std::ranges::find(kSafetensorsTypes, type, [](const auto& row) { return row.first; });
  return found->second;
}

/// The positions of the entries in the state dict, in the order in which their data are written.
std::vector<std::size_t> data_order(const StateDict& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t offset = 0;
  bool aligned = true;
  for (const auto& [name, entry] : tensors) {
    aligned = aligned && offset % size_of(entry.type()) == 0;
    offset += entry.bytes().size();
  }
  if (!aligned) {
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](std::size_t i) { return size_of(tensors[i].second.type()); });
  }
  return order;
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string header_of(const StateDict& tensors, const Metadata& metadata,
                      const std::vector<std::size_t>& order) {
  std::vector<std::size_t> begins(tensors.size());
  std::size_t end = 0;
  for (const std::size_t i : order) {
    begins[i] = end;
    end += tensors[i].second.bytes().size();
  }
  std::vector<std::string> members;
  if (!metadata.empty()) {
    members.push_back("\"__metadata__\":" + nlohmann::json(metadata).dump());
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, entry] = tensors[i];
    members.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                  quoted(name), header_name(entry.type()), join(entry.shape(), ","),
                                  begins[i], begins[i] + entry.bytes().size()));
  }
  std::string text = fmt::format("{{{}}}", join(members, ","));
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                       const Metadata& metadata) {
  const std::vector<std::size_t> order = data_order(tensors);
  std::string header;
  try {
    header = header_of(tensors, metadata, order);
  } catch (const nlohmann::json::exception& error) {
    fail("{}: a name or a metadata text is not UTF-8: {}", path.string(), error.what());
  }
  require(!tensors.contains("__metadata__"), "{}: safetensors reserves the name __metadata__",
          path.string());
  const auto length = static_cast<std::uint64_t>(header.size());
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const std::size_t i : order) {
    file.write(tensors[i].second.bytes().span());
  }
  file.commit();
}

}  // namespace fpanet
