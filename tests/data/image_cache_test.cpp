#include "data/image_cache.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "engine/core/cache_folder.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

namespace {

/// A cache over one source file that counts how often the image had to be made.
struct Fixture {
  ScratchFolder scratch;
  std::filesystem::path folder = scratch / "cache" / "fpanet";
  std::filesystem::path source = scratch / "a.png";
  ImageCache cache{folder};
  Image image = test::picture(6, 8);
  int made = 0;

  Fixture() { write_png(source, test::picture(12, 16)); }

  ResizedImage get(const ImageSize& size = {6, 8},
                   Interpolation interpolation = Interpolation::linear, const Bands& bands = {}) {
    return cache.get(source, size, interpolation, bands, [this]() -> ResizedImage {
      ++made;
      return {image, {12, 16}};
    });
  }

  std::filesystem::path only_entry() const {
    std::vector<std::filesystem::path> found(std::filesystem::directory_iterator(folder), {});
    REQUIRE(found.size() == 1);
    return found[0];
  }

  void check_hit() {
    made = 0;
    const ResizedImage got = get();
    CHECK(got.image == image);
    CHECK(got.source == ImageSize{12, 16});
    CHECK(made == 0);
  }

  void check_miss() {
    made = 0;
    CHECK(get().image == image);
    CHECK(made == 1);
  }
};

}  // namespace

TEST_CASE("image cache: made once, then read") {
  Fixture f;
  f.check_miss();
  f.check_hit();
  f.get({5, 8});
  f.get({6, 8}, Interpolation::nearest);
  f.get({6, 8}, Interpolation::linear, Bands::parse("3,2,1"));
  CHECK(f.made == 3);
}

TEST_CASE("image cache: another size or time of the source is another entry") {
  Fixture f;
  f.check_miss();
  const auto time = std::filesystem::last_write_time(f.source);
  std::filesystem::last_write_time(f.source, time + std::chrono::seconds(1));
  f.check_miss();
  std::filesystem::last_write_time(f.source, time);
  f.check_hit();
  std::filesystem::resize_file(f.source, std::filesystem::file_size(f.source) + 1);
  std::filesystem::last_write_time(f.source, time);
  f.check_miss();
}

TEST_CASE("image cache: a damaged entry is made anew and then right again") {
  Fixture f;
  f.check_miss();
  const std::filesystem::path entry = f.only_entry();
  const std::vector<std::uint8_t> whole = read_file_bytes(entry);
  for (std::size_t i = 0; i < whole.size(); i += 5) {
    std::vector<std::uint8_t> damaged = whole;
    damaged[i] ^= 0x10;
    test::write_bytes(entry, damaged);
    CAPTURE(i);
    f.check_miss();
    f.check_hit();
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{20}, whole.size() - 1}) {
    test::truncate_file(entry, length);
    f.check_miss();
    f.check_hit();
  }
}

TEST_CASE("image cache: a folder that cannot be written costs nothing but time") {
  Fixture f;
  test::write_text(f.scratch / "cache", "a file where the folder should be");
  f.check_miss();
  f.check_miss();
}

TEST_CASE("image cache: where it lies by default") {
  const char* old = std::getenv("XDG_CACHE_HOME");
  const std::string saved = old == nullptr ? "" : old;
  ::setenv("XDG_CACHE_HOME", "/somewhere", 1);
  CHECK(default_cache_folder() == "/somewhere/fpanet");
  ::unsetenv("XDG_CACHE_HOME");
  if (const char* home = std::getenv("HOME")) {
    CHECK(default_cache_folder() == std::filesystem::path(home) / ".cache" / "fpanet");
  }
  if (old != nullptr) ::setenv("XDG_CACHE_HOME", saved.c_str(), 1);
}

}  // namespace fpanet
