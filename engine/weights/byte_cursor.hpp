#pragma once
// Reads little-endian numbers and byte ranges in order, and checks every read against the end of
// the data.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/core/error.hpp"

namespace fpanet {

class ByteCursor {
 public:
  /// `where` names the bytes in messages and must outlive the cursor.
  ByteCursor(std::string_view bytes, const std::string& where, std::size_t at = 0)
      : bytes_(bytes), where_(&where), at_(at) {}

  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  const std::string& where() const { return *where_; }

  std::string_view take(std::uint64_t count) {
    require(count <= left(), "{}: ends early: {} bytes wanted at byte {} of {}", *where_, count,
            at_, bytes_.size());
    const std::string_view piece = bytes_.substr(at_, count);
    at_ += count;
    return piece;
  }

  template <class T>
  T number() {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  /// The text up to the next '\n'. The newline is consumed but not returned.
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    require(end != std::string_view::npos, "{}: ends early: a line from byte {} has no end",
            *where_, at_);
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

 private:
  std::string_view bytes_;
  const std::string* where_;
  std::size_t at_;
};

}  // namespace fpanet
