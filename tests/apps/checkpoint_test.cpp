// What is read from a checkpoint's metadata is checked before it is used.

#include "apps/training/checkpoint.hpp"
#include "models/network.hpp"

#include <doctest/doctest.h>

#include "apps/training/progress_state.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

std::string refusal_of(const char* key, const std::string& value) {
  return message_of<Error>([&] { read_info({{key, value}}, "f"); });
}

}  // namespace

TEST_CASE("checkpoint: metadata that these programs write is read back") {
  CheckpointInfo info;
  info.classes = ClassTable::deepglobe();
  info.image_size = ImageSize{64, 96};
  info.epoch = 3;
  info.val_loss = 0.25;
  const CheckpointInfo read = read_info(to_metadata(complete({}), info), "f");
  CHECK(read.classes == info.classes);
  CHECK(read.image_size == info.image_size);
  CHECK(read.epoch == info.epoch);
  CHECK(read.val_loss == info.val_loss);
}

TEST_CASE("checkpoint: metadata out of range is refused with the file and the key") {
  const std::string list = "f: metadata fpanet.classes is not a list of [name,r,g,b]";
  for (const char* classes :
       {"", "{}x", "7", "[[1,2,3,4]]", "[[\"a\",0,0]]", "[[\"a\",0,0,0,0]]", "[[\"a\",256,0,0]]",
        "[[\"a\",-1,0,0]]", "[[\"a\",1.5,0,0]]", "[[\"a\",1e30,0,0]]", "[]",
        "[[\"a\",0,0,0],[\"a\",1,1,1]]", "[[\"a\",0,0,0],[\"b\",0,0,0]]"}) {
    CAPTURE(classes);
    CHECK(contains(refusal_of("fpanet.classes", classes), list));
  }
  CHECK(contains(refusal_of("fpanet.classes", "[[\"a\",300,0,0]]"), "300 is not a colour value"));
  CHECK(contains(refusal_of("fpanet.classes", std::string(2 << 20, '[')), "2097152 bytes"));
  CHECK(contains(refusal_of("fpanet.image_size", "0x5"), "f: metadata fpanet.image_size"));
  CHECK(contains(refusal_of("fpanet.epoch", "1e9\x1b[2J"), "fpanet.epoch='1e9?[2J'"));
  CHECK(contains(refusal_of("fpanet.val_loss", "x"), "fpanet.val_loss='x' is not a number"));
}

TEST_CASE("progress: what a state counts is a count") {
  const std::string good =
      R"({"epoch":2,"batch":1,"global_step":9,"wait":0,"stopped":false,"best_epoch":1,)"
      R"("best_value":0.5,"train":[[1.5,3],[1,3],[1,3],[1,3],[1,3],[1,3]]})";
  const auto read = [](const std::string& text) {
    return read_progress(SafetensorsFile{.tensors = {}, .metadata = {{"fpanet.progress", text}}},
                         "f");
  };
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    CAPTURE(text);
    const std::string message = message_of<Error>([&] { read(text); });
    CHECK(contains(message, "f: metadata fpanet.progress cannot be parsed"));
    return message;
  };
  CHECK(read(good).global_step == 9);
  CHECK(read(good).train.loss.sum == 1.5);
  CHECK(contains(refusal("\"epoch\":2", "\"epoch\":-1"), "epoch is -1, expected"));
  CHECK(contains(refusal("\"batch\":1", "\"batch\":1e30"), "batch is 1e+30"));
  CHECK(contains(refusal("\"wait\":0", "\"wait\":0,\"frozen_steps\":10"),
                 "a part of the steps, 10, is more than global_step 9"));
  refusal("\"batch\":1", "\"batch\":18446744073709551615");
  refusal("\"global_step\":9", "\"global_step\":\"9\"");
  refusal("\"wait\":0", "\"wait\":9007199254740993");
  refusal("\"best_epoch\":1", "\"best_epoch\":3");
  refusal("\"best_epoch\":1", "\"best_epoch\":-2");
  refusal("[1.5,3]", "[1.5,-3]");
  refusal("[1.5,3],", "");
  refusal("\"stopped\":false", "\"stopped\":0");
  refusal("{", "[");
  CHECK(contains(message_of<Error>([&] { read(std::string(1 << 20, '[')); }), "1048576 bytes"));
}

}  // namespace fpanet
