#include "apps/prediction/npy.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

TEST_CASE("npy: the bytes that numpy documents") {
  const ScratchFolder folder;
  const std::vector<float> values = {0.5F, -1.0F, 2.0F, 3.0F, 4.0F, 5.25F};
  write_npy(folder / "a.npy", values, {1, 2, 3});
  const std::string bytes = read_text_file(folder / "a.npy");

  REQUIRE(bytes.size() == 128 + 6 * sizeof(float));
  CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK(bytes[8] == 118);  // 128 bytes before the values, 10 of which come before the header
  CHECK(bytes[9] == 0);
  const std::string header = bytes.substr(10, 118);
  CHECK(header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3, ), }"));
  CHECK(header.find_first_not_of(' ', header.find('}') + 1) == 117);
  CHECK(header.back() == '\n');
  CHECK(std::memcmp(bytes.data() + 128, values.data(), 6 * sizeof(float)) == 0);
}

TEST_CASE("npy: values that do not fill the shape are refused, and no file is left") {
  const ScratchFolder folder;
  const std::vector<float> values(5);
  const std::string message = test::message_of<Error>([&] {
    write_npy(folder / "a.npy", values, {2, 3});
  });
  CHECK(test::contains(message, "5 values for shape (2,3)"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace fpanet
