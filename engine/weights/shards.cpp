#include "engine/weights/shards.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/read_budget.hpp"

namespace fpanet {

namespace {

namespace fs = std::filesystem;

/// The names of the tensors in each file.
using Shards = std::map<std::string, std::set<std::string>>;

/// Receives the parser's events, so that only the weight map is stored.
class IndexEvents : public nlohmann::json::json_sax_t {
 public:
  IndexEvents(Shards& shards, const std::string& index) : shards_(shards), index_(index) {}

  bool key(string_t& name) override {
    if (depth_ == 1) in_map_ = name == "weight_map";
    key_ = name;
    return true;
  }
  bool start_object(std::size_t) override { return ++depth_ <= kMaxDepth || fail_depth(); }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return ++depth_ <= kMaxDepth || fail_depth(); }
  bool end_array() override { return --depth_ >= 0; }
  bool string(string_t& text) override {
    if (depth_ != 2 || !in_map_) return true;
    require(++tensors_ <= kMaxTensors, "{}: names more than {} tensors", index_, kMaxTensors);
    require(shards_[text].insert(key_).second, "{}: names the tensor {} twice", index_,
            printable(key_));
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("{}: not valid JSON at its byte {}", index_, position);
  }

 private:
  static constexpr int kMaxDepth = 16;

  [[noreturn]] bool fail_depth() const { fail("{}: nested too deeply for an index", index_); }

  Shards& shards_;
  const std::string& index_;
  int depth_ = 0;
  bool in_map_ = false;
  std::string key_;
  std::size_t tensors_ = 0;
};

Shards read_index(const fs::path& index) {
  constexpr std::size_t kMaxBytes = std::size_t{100} << 20;
  const Bytes file = Bytes::map(index);
  require(file.size() <= kMaxBytes, "{}: an index of {} bytes, more than {}", index.string(),
          file.size(), kMaxBytes);
  Shards shards;
  const std::string name = index.string();
  IndexEvents events(shards, name);
  nlohmann::json::sax_parse(file.text(), &events);
  require(!shards.empty(), "{}: has no weight_map of tensors and files", name);
  return shards;
}

}  // namespace

bool is_shard_index(const fs::path& path) {
  return path.filename().string().ends_with(".index.json");
}

WeightsFile read_shards(const fs::path& index) {
  WeightsFile result;
  result.name = index.filename().string();
  result.container = "index";
  for (const auto& [file, names] : read_index(index)) {
    const bool beside =
        fs::path(file).filename() == file && file != "." && file != ".." && !is_shard_index(file);
    require(beside, "{}: names the file {}, which is not beside it", index.string(),
            printable(file));
    WeightsFile shard = read_weights(index.parent_path() / file);
    for (const std::string& name : names) {
      require(shard.tensors.contains(name), "{}: {} is not in {}", index.string(), printable(name),
              printable(file));
    }
    for (const auto& [name, entry] : shard.tensors) {
      require(names.contains(name), "{}: does not name {}, which is in {}", index.string(),
              printable(name), printable(file));
      result.tensors.add(name, entry);
    }
    result.metadata.merge(std::move(shard.metadata));
  }
  return result;
}

}  // namespace fpanet
