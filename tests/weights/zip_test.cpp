#include <doctest/doctest.h>
#include <zlib.h>

#include <cstring>

#include "engine/core/error.hpp"
#include "engine/weights/torch/zip_reader.hpp"
#include "engine/weights/torch/zip_writer.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

namespace {

template <class... Numbers>
std::string packed(Numbers... numbers) {
  std::string bytes;
  (bytes.append(reinterpret_cast<const char*>(&numbers), sizeof(numbers)), ...);
  return bytes;
}

using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

std::uint32_t crc_of(const std::string& data) {
  return static_cast<U32>(::crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

/// One member "m" as PyTorch's miniz writes it: sizes and crc only in the data descriptor and in
/// the directory.
struct Archive {
  std::string data = "hello";
  U16 flags = 0x0808, method = 0;
  U32 crc = crc_of("hello"), packed_size = 5, size = 5, header = 0;
  std::string directory_extra;
  U16 rows = 1;
  std::string end64;  ///< zip64 end record and locator

  std::string local() const {
    return packed(U32{0x04034b50}, U16{0}, flags, method, U32{0}, U32{0}, U32{0}, U32{0}, U16{1},
                  U16{0}) +
           "m" + data + packed(U32{0x08074b50}, crc, packed_size, size);
  }
  std::string row() const {
    return packed(U32{0x02014b50}, U32{0}, flags, method, U32{0}, crc, packed_size, size, U16{1},
                  static_cast<U16>(directory_extra.size()), U16{0}, U64{0}, header) +
           "m" + directory_extra;
  }
  std::string end(std::size_t at, std::size_t bytes) const {
    return packed(U32{0x06054b50}, U32{0}, rows, rows, static_cast<U32>(bytes),
                  static_cast<U32>(at), U16{0});
  }
  Bytes bytes() const {
    const std::string front = local(), directory = row();
    const std::string file = front + directory + end64 + end(front.size(), directory.size());
    return Bytes::copy_of(std::as_bytes(std::span(file.data(), file.size())));
  }
};

std::string member_of(const Archive& archive) {
  const ZipReader zip(archive.bytes(), "f");
  return std::string(zip.read("m").text());
}

}  // namespace

TEST_CASE("zip: data descriptors need no reading") {
  CHECK(member_of({}) == "hello");
}

TEST_CASE("zip: a comment after the end record") {
  const Bytes plain = Archive{}.bytes();
  std::string file(plain.text());
  file[file.size() - 2] = 6;
  file += "PK\5\6ab";  // looks like an end record, and is none
  const ZipReader zip(Bytes::copy_of(std::as_bytes(std::span(file.data(), file.size()))), "f");
  CHECK(zip.read("m").text() == "hello");
}

TEST_CASE("zip64: sizes, position and directory in 64 bits") {
  Archive archive;
  archive.packed_size = archive.size = archive.header = 0xffffffffu;
  archive.directory_extra =
      packed(U16{0x5455}, U16{1}, 'x') + packed(U16{1}, U16{24}, U64{5}, U64{5}, U64{0});
  const auto directory_at = archive.local().size(), directory_bytes = archive.row().size();
  archive.end64 = packed(U32{0x06064b50}, U64{44}, U32{0}, U64{0}, U64{1}, U64{1},
                         U64{directory_bytes}, U64{directory_at}) +
                  packed(U32{0x07064b50}, U32{0}, U64{directory_at + directory_bytes}, U32{1});
  archive.rows = 0xffff;
  CHECK(member_of(archive) == "hello");
}

TEST_CASE("zip: damaged archives are refused with their reason") {
  const auto refused = [](const Archive& archive, const char* reason) {
    CHECK_THROWS_WITH_AS(member_of(archive), reason, Error);
  };
  Archive archive;
  archive.crc = 1;
  refused(archive, "f: member m is damaged: crc 3610a686 where the directory has 00000001");
  archive = {};
  archive.method = 8;
  refused(archive, "f: member m is compressed (method 8); torch.save stores members as they are");
  archive = {};
  archive.flags = 1;
  refused(archive, "f: member m is encrypted");
  archive = {};
  archive.size = archive.packed_size = 4000;
  refused(archive, "f: zip members overlap at byte 0");
  archive = {};
  archive.header = 3;
  refused(archive, "f: no zip header of m at byte 3");
  archive = {};
  archive.rows = 2;
  refused(archive, "f: ends early: 4 bytes wanted at byte 99 of 99");
  archive = {};
  archive.end64 = packed(U32{0x07064b50}, U32{0}, U64{1} << 60, U32{1});
  refused(archive, "f: zip64 record at byte 1152921504606846976, outside the file");
  CHECK_THROWS_WITH_AS(ZipReader(Archive{}.bytes(), "f").read("n"), "f: member n is missing",
                       Error);
}

TEST_CASE("zip: two members cannot share bytes or a name") {
  const Archive archive;
  for (const char* name : {"m", "n"}) {
    std::string second = archive.row();
    second[second.size() - 1] = name[0];
    const std::string front = archive.local(), directory = archive.row() + second;
    Archive both;
    both.rows = 2;
    const std::string file = front + directory + both.end(front.size(), directory.size());
    const Bytes bytes = Bytes::copy_of(std::as_bytes(std::span(file.data(), file.size())));
    CHECK_THROWS_WITH_AS(
        ZipReader(bytes, "f"),
        name[0] == 'm' ? "f: two members are named m" : "f: zip members overlap at byte 0", Error);
  }
}

TEST_CASE("zip writer: an archive without members is one still") {
  const ScratchFolder folder;
  ZipWriter(folder / "a.zip").finish();
  CHECK(ZipReader(Bytes::map(folder / "a.zip"), "a").members().empty());
}

}  // namespace fpanet
