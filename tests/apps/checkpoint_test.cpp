// What is read from a checkpoint's metadata is checked before it is used.

#include "apps/training/checkpoint.hpp"
#include "models/network.hpp"

#include <doctest/doctest.h>

#include "apps/training/progress_state.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/model_file.hpp"
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
  info.pixel_size = 0.3;
  const CheckpointInfo read = read_info(to_metadata(complete({}), info), "f");
  CHECK(read.classes == info.classes);
  CHECK(read.image_size == info.image_size);
  CHECK(read.epoch == info.epoch);
  CHECK(read.val_loss == info.val_loss);
  CHECK(read.pixel_size == info.pixel_size);
  for (const char* const length : {"0", "-1", "nan", "inf", "a"}) {
    CHECK(contains(refusal_of("fpanet.pixel_size", length), "fpanet.pixel_size"));
  }
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

TEST_CASE("checkpoint: fine-tuning takes a model of other classes and bands but for its head") {
  for (const std::string network : {"fpanet", "unet"}) {
    CAPTURE(network);
    NetworkConfig theirs{.name = network, .options = {{"encoder", "resnet18"}}};
    if (network == "fpanet") theirs.options["input"] = "image";
    NetworkConfig ours = theirs;
    ours.bands = 4;
    ours.classes = 3;
    ParameterStore from, to;
    const auto file_network = make_network(from, theirs);
    const auto tuned = make_network(to, ours);
    for (ParameterStore* store : {&from, &to}) store->allocate(DType::f32, Device::cpu(), false);
    from.initialize(1);
    to.initialize(2);
    const auto value = [](const StateDict& tensors, const std::string& name) {
      return tensors.at(name).values<float>();
    };
    const std::string head = tuned->head_prefix() + "0.weight";
    const std::vector<float> random_head = value(to_state_dict(to), head);
    WeightsFile file;
    file.name = "theirs.pth";
    file.container = "zip";
    file.tensors = to_state_dict(from);
    const StateDict& given = file.tensors;
    const std::string summary = load_for_fine_tuning(to, *tuned, file, theirs.classes);
    CHECK(contains(summary, "left out: " + head +
                                " (7,16,3,3) in the file, (3,16,3,3) in the model; " +
                                tuned->head_prefix() + "0.bias (7) in the file, (3) in the model"));
    CHECK(contains(summary, "first convolution adapted from 3 to 4 channels"));
    const StateDict loaded = to_state_dict(to);
    CHECK(value(loaded, head) == random_head);
    const std::string conv = tuned->encoder_prefix() + "conv1.weight";
    // SMP's rule: channel i of 4 is channel i mod 3 of 3, times 3/4.
    const std::vector<float> three = value(given, conv), four = value(loaded, conv);
    REQUIRE(three.size() == 64 * 3 * 49);
    REQUIRE(four.size() == 64 * 4 * 49);
    for (std::size_t o = 0; o < 64; ++o) {
      for (std::size_t i = 0; i < 4; ++i) {
        CHECK(four[(o * 4 + i) * 49] == three[(o * 3 + i % 3) * 49] * 0.75F);
      }
    }
    const std::string prefix = network == "unet" ? "" : "model.";
    for (const std::string& name :
         {prefix + "encoder.layer2.0.conv1.weight", prefix + "decoder.blocks.1.conv2.0.weight"}) {
      CHECK(value(loaded, name) == value(given, name));
    }
    // With as many classes the head is taken, too.
    ParameterStore same;
    const auto same_network = make_network(same, theirs);
    same.allocate(DType::f32, Device::cpu(), false);
    const std::string whole = load_for_fine_tuning(same, *same_network, file, theirs.classes);
    CHECK_FALSE(contains(whole, "left out"));
    CHECK(value(to_state_dict(same), head) == value(given, head));
    // What is missing beside the head is an error.
    WeightsFile partial = file;
    partial.tensors = {};
    for (const auto& [name, entry] : file.tensors) {
      if (name != prefix + "decoder.blocks.1.conv2.0.weight") partial.tensors.add(name, entry);
    }
    CHECK(contains(
        message_of<Error>([&] { load_for_fine_tuning(to, *tuned, partial, theirs.classes); }),
        "missing: " + prefix + "decoder.blocks.1.conv2.0.weight"));
  }
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
