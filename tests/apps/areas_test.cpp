#include "apps/prediction/areas.hpp"

#include <doctest/doctest.h>

#include "data/text_file.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

TEST_CASE("areas: pixels, hectares and shares by class; unknown hectares are empty") {
  const ScratchFolder scratch;
  const ClassTable classes({{"water, deep", {0, 0, 255}}, {"forest", {0, 255, 0}}});
  Areas areas(2);
  areas.add(std::vector<std::uint8_t>{0, 1, 1, 255, 1}, 2500.0);
  areas.add(std::vector<std::uint8_t>{0}, 5000.0);
  areas.write(scratch / "a.csv", classes);
  CHECK(
      read_text_file(scratch / "a.csv") ==
      "class,pixels,hectares,share\n\"water, deep\",2,0.7500,0.400000\nforest,3,0.7500,0.600000\n");
  areas.add(std::vector<std::uint8_t>{0}, std::nullopt);
  areas.write(scratch / "a.csv", classes);
  CHECK(read_text_file(scratch / "a.csv") ==
        "class,pixels,hectares,share\n\"water, deep\",3,,0.500000\nforest,3,,0.500000\n");
}

}  // namespace fpanet
