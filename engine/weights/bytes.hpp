#pragma once
// Bytes: a range of immutable memory together with its owner, a mapped file or a buffer.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace fpanet {

class Bytes {
 public:
  Bytes() = default;  ///< empty
  Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> span)
      : owner_(std::move(owner)), span_(span) {}
  static Bytes own(std::vector<std::byte> buffer);
  static Bytes copy_of(std::span<const std::byte> span);
  /// Maps a regular file for reading. Throws an Error that names the file. If the file gets shorter
  /// while the mapping exists, reading the lost part ends the process (mapped_files.hpp).
  static Bytes map(const std::filesystem::path& path);

  std::span<const std::byte> span() const { return span_; }
  const std::byte* data() const { return span_.data(); }
  std::size_t size() const { return span_.size(); }
  /// The same bytes as text, valid as long as this object or a part of it exists.
  std::string_view text() const {
    return {reinterpret_cast<const char*>(span_.data()), span_.size()};
  }
  /// A part that shares the owner; `offset + count` must not exceed the size.
  Bytes part(std::size_t offset, std::size_t count) const {
    return {owner_, span_.subspan(offset, count)};
  }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> span_;
};

}  // namespace fpanet
