#include "engine/weights/safetensors/header.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/weights/printable.hpp"
#include "engine/weights/read_budget.hpp"
#include "engine/weights/safetensors/types.hpp"

namespace fpanet {

namespace {

using Json = nlohmann::json;

/// Receives the parser's events. `place_` is the place in the header at which the next event
/// occurs.
class HeaderEvents : public Json::json_sax_t {
 public:
  HeaderEvents(SafetensorsHeader& header, const std::string& file) : header_(header), file_(file) {}

  bool key(Json::string_t& name) override {
    switch (place_) {
      case Place::top:
        is_metadata_ = name == "__metadata__";
        if (is_metadata_) {
          require(!has_metadata_, "{}: header has two __metadata__", file_);
          has_metadata_ = true;
        } else {
          require(header_.rows.size() < kMaxTensors, "{}: header names more than {} tensors", file_,
                  kMaxTensors);
          require(name.size() <= kMaxText, "{}: header has a name of {} bytes, more than {}", file_,
                  name.size(), kMaxText);
          header_.rows.emplace_back().name = name;
          seen_ = {};
        }
        return true;
      case Place::metadata:
        metadata_key_ = name;
        return true;
      case Place::tensor:
        member_ = member_of(name);
        require(!std::exchange(seen_[static_cast<std::size_t>(member_)], true),
                "{}: tensor {} has two members {}", file_, printable(row().name), printable(name));
        return true;
      case Place::start:
      case Place::list:
        break;
    }
    return misplaced("a member");
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::start) {
      place_ = Place::top;
    } else if (place_ == Place::top) {
      place_ = is_metadata_ ? Place::metadata : Place::tensor;
    } else {
      return misplaced("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      require(seen_[0] && seen_[1] && seen_[2],
              "{}: tensor {} lacks one of dtype, shape, data_offsets", file_,
              printable(row().name));
    }
    place_ = place_ == Place::top ? Place::start : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || member_ == Member::dtype) return misplaced("a list");
    place_ = Place::list;
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    require(member_ != Member::offsets || offsets_ == 2,
            "{}: tensor {} has {} data_offsets instead of 2", file_, printable(row().name),
            offsets_);
    place_ = Place::tensor;
    return true;
  }

  bool string(Json::string_t& text) override {
    if (place_ == Place::metadata) {
      require(header_.metadata.size() < kMaxTensors, "{}: header has more than {} metadata entries",
              file_, kMaxTensors);
      require(header_.metadata.emplace(metadata_key_, text).second,
              "{}: two metadata entries are named {}", file_, printable(metadata_key_));
    } else if (place_ == Place::tensor && member_ == Member::dtype) {
      row().type = type_of(text);
    } else {
      return misplaced("a string");
    }
    return true;
  }

  bool number_unsigned(Json::number_unsigned_t number) override {
    if (place_ != Place::list) return misplaced("a number");
    if (member_ == Member::shape) {
      require(number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
              "{}: tensor {} has size {}", file_, printable(row().name), number);
      require(row().shape.size() < kMaxRank, "{}: tensor {} has more than {} dimensions", file_,
              printable(row().name), kMaxRank);
      row().shape.push_back(static_cast<std::int64_t>(number));
    } else {
      if (offsets_ == 0) row().begin = number;
      if (offsets_ == 1) row().end = number;
      ++offsets_;
    }
    return true;
  }

  bool null() override { return misplaced("null"); }
  bool boolean(bool) override { return misplaced("a boolean"); }
  bool number_integer(Json::number_integer_t) override { return misplaced("a negative number"); }
  bool number_float(Json::number_float_t, const Json::string_t&) override {
    return misplaced("a fraction");
  }
  bool binary(Json::binary_t&) override { return misplaced("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("{}: header is not valid JSON at its byte {}", file_, position);
  }

 private:
  enum class Place { start, top, metadata, tensor, list };
  enum class Member { dtype, shape, offsets };

  SafetensorsHeader::Row& row() { return header_.rows.back(); }

  [[noreturn]] bool misplaced(std::string_view what) const {
    const bool in_row = !header_.rows.empty() && !is_metadata_;
    fail("{}: header holds {} where the format allows none{}{}", file_, what,
         in_row ? ", at tensor " : "", printable(in_row ? header_.rows.back().name : ""));
  }

  Member member_of(const std::string& name) {
    if (name == "dtype") return Member::dtype;
    if (name == "shape") return Member::shape;
    if (name == "data_offsets") return Member::offsets;
    fail("{}: tensor {} has an unknown member {}", file_, printable(row().name), printable(name));
  }

  ElementType type_of(const std::string& text) {
    const auto* const found =
        std::ranges::find(kSafetensorsTypes, text, [](const auto& entry) { return entry.second; });
    require(found != kSafetensorsTypes.end(), "{}: tensor {} has dtype {}, which is not supported",
            file_, printable(row().name), printable(text));
    return found->first;
  }

  SafetensorsHeader& header_;
  const std::string& file_;
  Place place_ = Place::start;
  Member member_ = Member::dtype;
  std::array<bool, 3> seen_{};  ///< which members of the current tensor have occurred
  bool is_metadata_ = false, has_metadata_ = false;
  int offsets_ = 0;
  std::string metadata_key_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file) {
  SafetensorsHeader header;
  HeaderEvents events(header, file);
  Json::sax_parse(json, &events);
  return header;
}

}  // namespace fpanet
