#include "apps/cli/settings.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "apps/cli/settings_file.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/recipes.hpp"
#include "apps/training/train_command_line.hpp"
#include "data/text_file.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

/// A call of fpanet_train, resolved.
struct Call {
  explicit Call(std::vector<std::string> arguments) : command_line(app) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app.parse(arguments);
    options = command_line.resolve();
  }
  CLI::App app;
  TrainCommandLine command_line;
  TrainOptions options;
};

std::string usage_message(const std::vector<std::string>& arguments) {
  return message_of<UsageError>([&] { Call call(arguments); });
}

/// A configuration in which no member has its default.
TrainConfig unusual() {
  return {.data = "a \"b\"\\c",
          .epochs = 7,
          .batch_size = 3,
          .image_size = {96, 160},
          .bands = "8,4,3",
          .scale = "0,65535",
          .show_bands = "4,3,8",
          .lr = 3e-05,
          .weight_decay = 0,
          .optimizer = {.schedule = "cosine",
                        .warmup = 5,
                        .min_lr = 1e-6,
                        .encoder_lr = 0.1,
                        .freeze_encoder = 2,
                        .ema = "0.99",
                        .clip_norm = "0.5"},
          .sync = false,
          .reduce = "bf16",
          .monitor = "val/MeanIoU",
          .patience = 2,
          .save_every = 2.5,
          .log_gradients = true,
          .tensorboard = true,
          .seed = 0xffffffff,
          .network = {.options = {{"encoder", "resnet50"}}},
          .encoder_weights = "r.safetensors",
          .init = "m.safetensors",
          .split = "s.csv",
          .augment = "strong",
          .sample = "crop",
          .shuffle = false,
          .protocol = "notebook",
          .mask_policy = "nearest",
          .device = "cuda:1",
          .precision = "fp64",
          .threads = 4,
          .deterministic = true,
          .cache = false};
}

/// With the network's options as they are used: a file tells all of them, a command line a few.
TrainConfig resolved(TrainConfig config) {
  config.network.options =
      complete({.name = config.network.network, .options = config.network.options}).options;
  return config;
}

}  // namespace

TEST_CASE("fpanet_train: defaults are the notebook's") {
  const Call call({"--data", "d"});
  CHECK(call.options.config == TrainConfig{.data = "d"});
  const TrainConfig& config = call.options.config;
  CHECK(config.epochs == 100);
  CHECK(config.batch_size == 16);
  CHECK(config.image_size == ImageSize{320, 320});
  CHECK(config.lr == 1e-4);
  CHECK(config.seed == 42);
  CHECK(config.protocol == "clean");
}

TEST_CASE("--recipe sets what its recipe names, unless a flag or a file tells it") {
  const auto options = [](const TrainConfig& config) { return config.network.options; };
  CHECK(Call({"--data", "d", "--recipe", "notebook"}).options.config == TrainConfig{.data = "d"});

  for (const Recipe& recipe : recipes()) {
    std::vector<std::string> flags = {"--data", "d"};
    for (const RecipeSetting& setting : recipe.settings) {
      CAPTURE(setting.name);
      CHECK((setting.with.empty() || recipe.find(setting.with) != nullptr));
      flags.insert(flags.end(), {"--" + setting.name, setting.value});
    }
    CAPTURE(recipe.name);
    CHECK(Call({"--data", "d", "--recipe", recipe.name}).options.config ==
          Call(flags).options.config);
  }
  const TrainConfig best = Call({"--data", "d", "--recipe", "best"}).options.config;
  CHECK(best.objective.loss == "dice+ce");
  CHECK(best.objective.class_weights == "auto");
  CHECK(options(best).at("input") == "both");
  CHECK(best.optimizer.schedule == "cosine");
  CHECK(best.optimizer.warmup == 50);
  CHECK(best.epochs == TrainConfig{}.epochs);

  const TrainConfig other =
      Call({"--data", "d", "--recipe", "best", "--lr", "1e-4", "--input", "image"}).options.config;
  CHECK(other.lr == 1e-4);
  CHECK(options(other).at("input") == "image");
  CHECK(other.optimizer.ema == "0.99");

  const ScratchFolder folder;
  write_text_file(folder / "c.toml", "schedule = 'poly'\n");
  const std::string file = (folder / "c.toml").string();
  const OptimizerSettings told =
      Call({"--data", "d", "--recipe", "best", "--config", file}).options.config.optimizer;
  CHECK(told.schedule == "poly");
  CHECK(told.warmup == 0);
}

TEST_CASE("--recipe leaves out what another flag makes meaningless") {
  const TrainConfig unet =
      Call({"--data", "d", "--recipe", "best", "--network", "unet"}).options.config;
  CHECK(unet.network.network == "unet");
  CHECK(unet.network.options.count("input") == 0);
  CHECK(unet.objective.loss == "dice+ce");
  const TrainConfig lovasz =
      Call({"--data", "d", "--recipe", "best", "--loss", "lovasz"}).options.config;
  CHECK(lovasz.objective.class_weights == "none");
  const TrainConfig tuned =
      Call({"--data", "d", "--recipe", "best", "--init", "m.pth"}).options.config;
  CHECK(tuned.network.options.empty());
  CHECK(tuned.objective.loss == "dice+ce");
}

TEST_CASE("--recipe cannot go with --resume") {
  const ScratchFolder folder;
  CHECK(contains(usage_message({"--resume", folder.path().string(), "--recipe", "best"}),
                 "--recipe cannot go with --resume"));
  CHECK(contains(usage_message({"--data", "d", "--recipe", "better"}), "notebook, best"));
}

TEST_CASE("fpanet_train: every flag sets its member") {
  const Call call({"--data",
                   "a \"b\"\\c",
                   "--epochs",
                   "7",
                   "--batch-size",
                   "3",
                   "--image-size",
                   "96x160",
                   "--bands",
                   "8,4,3",
                   "--scale",
                   "0,65535",
                   "--show-bands",
                   "4,3,8",
                   "--lr",
                   "3e-5",
                   "--weight-decay",
                   "0",
                   "--schedule",
                   "cosine",
                   "--warmup",
                   "5",
                   "--min-lr",
                   "1e-6",
                   "--encoder-lr",
                   "0.1",
                   "--freeze-encoder",
                   "2",
                   "--ema",
                   "0.99",
                   "--clip-norm",
                   ".5",
                   "--sync",
                   "off",
                   "--reduce",
                   "bf16",
                   "--monitor",
                   "val/MeanIoU",
                   "--log-gradients",
                   "--tensorboard",
                   "--patience",
                   "2",
                   "--save-every",
                   "2.5",
                   "--seed",
                   "4294967295",
                   "--encoder",
                   "resnet50",
                   "--encoder-weights",
                   "r.safetensors",
                   "--init",
                   "m.safetensors",
                   "--split",
                   "s.csv",
                   "--augment",
                   "strong",
                   "--sample",
                   "crop",
                   "--shuffle",
                   "off",
                   "--protocol",
                   "notebook",
                   "--mask-policy",
                   "nearest",
                   "--device",
                   "cuda:1",
                   "--precision",
                   "fp64",
                   "--threads",
                   "4",
                   "--deterministic",
                   "--cache",
                   "off",
                   "--quiet",
                   "--run",
                   "r"});
  CHECK(call.options.config == unusual());
  CHECK(call.options.quiet);
  CHECK(call.options.run == "r");
}

TEST_CASE("config.toml read back gives the same configuration") {
  const ScratchFolder folder;
  TrainConfig written = unusual();
  Settings settings;
  describe(written, settings);
  write_text_file(folder / "config.toml", settings_toml(settings));
  const Call call({"--config", (folder / "config.toml").string()});
  CHECK(resolved(call.options.config) == resolved(unusual()));
  CHECK(call.command_line.config_toml() == settings_toml(settings));
}

TEST_CASE("a configuration printed without data can be read back") {
  const ScratchFolder folder;
  const Call printed({"--print-config", "--image-size", "64"});
  write_text_file(folder / "config.toml", printed.command_line.config_toml());
  CHECK(contains(printed.command_line.config_toml(), "image-size = 64\n"));
  const Call call({"--config", (folder / "config.toml").string(), "--data", "d"});
  CHECK(resolved(call.options.config) ==
        resolved(TrainConfig{.data = "d", .image_size = {64, 64}}));
}

TEST_CASE("flags win over the file, the file over the defaults") {
  const ScratchFolder folder;
  const std::string file = (folder / "c.toml").string();
  write_text_file(file, "data = 'x'\nepochs = 5\nlr = 1\nimage-size = 64\nrun = 'r'\nquiet = true");
  const Call call({"--epochs", "9", "--config", file, "--seed", "1"});
  CHECK(call.options.config.epochs == 9);
  CHECK(call.options.config.lr == 1.0);
  CHECK(call.options.config.seed == 1);
  CHECK(call.options.config.image_size == ImageSize{64, 64});
  CHECK(call.options.config.data == "x");
  CHECK(call.options.run == "r");
  CHECK(call.options.quiet);
}

TEST_CASE("a flag that does not fit names flag, value and what is accepted") {
  const auto refused = [](const std::string& flag, const std::string& value,
                          const std::string& accepted) {
    const auto message = usage_message({"--data", "d", flag, value});
    CHECK_MESSAGE(contains(message, flag + " " + value), message);
    CHECK_MESSAGE(contains(message, accepted), message);
  };
  refused("--batch-size", "0", "an integer from 1 to");
  refused("--batch-size", "-3", "an integer from 1 to");
  refused("--epochs", "ten", "an integer from 1 to");
  refused("--epochs", "1.5", "an integer from 1 to");
  refused("--seed", "4294967296", "from 0 to 4294967295");
  refused("--lr", "nan", "a number of at least 0");
  refused("--lr", "inf", "a number of at least 0");
  refused("--weight-decay", "-0.1", "a number of at least 0");
  refused("--image-size", "320x", "HxW");
  refused("--encoder", "vgg", "resnet18, resnet34");
  refused("--shuffle", "yes", "on, off");
  refused("--mask-policy", "first", "auto, ignore, class-zero, threshold128, nearest, error");
  refused("--device", "gpu", "auto, cpu, cuda");
  refused("--schedule", "step", "constant, cosine, poly, one-cycle");
  refused("--warmup", "-1", "an integer from 0 to");
  refused("--encoder-lr", "-0.1", "a number of at least 0");
  refused("--ema", "1", "off, or a number from 0 to below 1");
  refused("--ema", "on", "off, or a number from 0 to below 1");
  refused("--clip-norm", "0", "off, or a number above 0");
  refused("--clip-norm", "inf", "off, or a number above 0");
  refused("--device", "cuda:", "cuda:INDEX");
  refused("--precision", "fp16", "fp32, tf32, bf16, fp64");
  CHECK(contains(usage_message({"--data", "synthetic:0"}),
                 "--data synthetic:0: expected a folder with"));
  CHECK(contains(usage_message({}), "--data is missing"));
}

TEST_CASE("a configuration file that does not fit names file, line, key and what is accepted") {
  const ScratchFolder folder;
  const std::string file = (folder / "c.toml").string();
  const auto refused = [&](const std::string& text, const std::string& expected) {
    write_text_file(file, "# a comment\n" + text + "\n");
    const auto message = usage_message({"--data", "d", "--config", file});
    CHECK_MESSAGE(contains(message, "c.toml:2"), message);
    CHECK_MESSAGE(contains(message, expected), message);
  };
  refused("batchsize = 4", "unknown key 'batchsize'");
  refused("[train]", "unknown key 'train'");
  refused("resume = 'x'", "unknown key 'resume'");
  refused("epochs = '5'", "epochs = '5': the value must be an integer without quotes");
  refused("epochs = 5.5", "epochs = 5.5: the value must be an integer");
  refused("epochs = 0", "epochs = 0: expected an integer from 1");
  refused("lr = true", "lr = true: the value must be a number");
  refused("encoder = 34", "encoder = 34: the value must be a string");
  refused("shuffle = 'on'", "the value must be true or false");
  refused("epochs = ", "c.toml:2: ");
  refused("[#a", "expected bare key starting character");
  for (const char* text : {"\xc3\xa9 = 1", "\"a\" \xca\x8d = 1", "data = \"\\\"\"\xc3\xa9",
                           "data = \xe2\x80\x9c'd'", "init = 'a\\'\xc3\xa9"}) {
    refused(text, "c.toml:2: ");
  }
  refused("\"d\xc3\xa9\" = 1", "unknown key 'd\xc3\xa9'");
  write_text_file(file, "data = 'd\xe9'\n");
  CHECK(contains(usage_message({"--config", file}), "c.toml: is not UTF-8 text"));
  write_text_file(file, "data = \"d\\uE083\\uE0A9\"\n");  // would be read as another character
  CHECK(contains(usage_message({"--config", file}), "escapes of U+E080 to U+E0FF are not read"));
  const auto missing = usage_message({"--data", "d", "--config", (folder / "none.toml").string()});
  CHECK(contains(missing, "none.toml"));
}

TEST_CASE("a configuration file may hold any character in strings and comments") {
  const ScratchFolder folder;
  const std::string file = (folder / "c.toml").string();
  for (const std::string value : {"\"d\xc3\xa9\"", "'d\xc3\xa9'", "\"\"\"d\xc3\xa9\"\"\"",
                                  "\'\'\'d\xc3\xa9\'\'\'", "\"d\\u00e9\" # '\xc3\xa9"}) {
    CAPTURE(value);
    write_text_file(file, "\xef\xbb\xbf# \" \xc3\xa9\ndata = " + value + "\n");
    const Call call({"--config", file});
    CHECK(call.options.config.data == "d\xc3\xa9");
  }
}

TEST_CASE("a configuration keeps every character of a text") {
  const ScratchFolder folder;
  const std::string file = (folder / "c.toml").string();
  for (const std::string data : {"\nit \t 'x' ", "a\"b\\c\x7f\x01", "\xc3\xa9\r\n'\"", "'"}) {
    CAPTURE(data);
    const Call call({"--data", data});
    write_text_file(file, call.command_line.config_toml());
    CHECK(Call({"--config", file}).options.config.data == data);
  }
}

TEST_CASE("a file is judged whole, even where flags win over it") {
  const ScratchFolder folder;
  const std::string file = (folder / "c.toml").string();
  write_text_file(file, "epochs = 0");
  CHECK(contains(usage_message({"--data", "d", "--config", file, "--epochs", "3"}), "epochs = 0"));
}

TEST_CASE("--resume takes the run's own configuration and lets only harmless flags change it") {
  const ScratchFolder folder;
  TrainConfig saved = unusual();
  saved.optimizer.schedule = "constant";
  saved.optimizer.min_lr = 0;
  const TrainConfig of_run = saved;
  Settings settings;
  describe(saved, settings);
  write_text_file(folder / "config.toml", settings_toml(settings));
  const std::string run = folder.path().string();

  const Call call({"--resume", run, "--epochs", "20", "--threads", "1"});
  TrainConfig expected = of_run;
  expected.epochs = 20;
  expected.threads = 1;
  CHECK(resolved(call.options.config) == resolved(expected));
  CHECK(call.options.resume == run);

  for (const std::string flag : {"--lr", "--seed", "--run", "--config"}) {
    const auto message = usage_message({"--resume", run, flag, "1"});
    CHECK_MESSAGE(contains(message, flag + " cannot go with --resume"), message);
    CHECK_MESSAGE(contains(message, "accepted are --epochs"), message);
  }
  CHECK(contains(usage_message({"--resume", (folder / "none").string()}), "config.toml"));
}

TEST_CASE("a schedule that depends on the length of the run keeps --epochs") {
  const ScratchFolder folder;
  TrainConfig saved = unusual();
  Settings settings;
  describe(saved, settings);
  const std::string run = folder.path().string();
  for (const std::string schedule : {"cosine", "poly", "one-cycle"}) {
    saved.optimizer.schedule = schedule;
    saved.optimizer.warmup = 0;
    saved.optimizer.min_lr = 0;
    write_text_file(folder / "config.toml", settings_toml(settings));
    const auto message = usage_message({"--resume", run, "--epochs", "20"});
    CHECK_MESSAGE(contains(message, "--epochs 20: the run has 7, and its --schedule " + schedule),
                  message);
    CHECK(Call({"--resume", run, "--epochs", "7"}).options.config.epochs == 7);
    CHECK(Call({"--resume", run, "--patience", "9"}).options.config.epochs == 7);
  }
}

TEST_CASE("flags of the schedule that do not go together are refused") {
  const auto refused = [](std::vector<std::string> flags, const std::string& expected) {
    flags.insert(flags.begin(), {"--data", "d"});
    const auto message = usage_message(flags);
    CHECK_MESSAGE(contains(message, expected), message);
  };
  refused({"--schedule", "one-cycle", "--warmup", "5"}, "--warmup 5: --schedule one-cycle rises");
  refused({"--schedule", "one-cycle", "--min-lr", "1e-6"},
          "--min-lr 1e-06: only --schedule cosine and poly take it");
  refused({"--min-lr", "1e-6"}, "--min-lr 1e-06: only --schedule cosine and poly take it");
  refused({"--schedule", "poly", "--min-lr", "1"}, "--min-lr 1.0: above --lr 0.0001");
  const OptimizerSettings optimizer{.schedule = "cosine", .warmup = 10};
  CHECK(schedule_of(optimizer, 1e-3, 10).warmup == 10);
  CHECK(contains(message_of<UsageError>([&] { schedule_of(optimizer, 1e-3, 9); }),
                 "--warmup 10: --schedule cosine has 9 steps in all"));
  CHECK(schedule_of({.warmup = 10}, 1e-3, 9).warmup == 10);
}

TEST_CASE("a file gives the decay of an average as a number, or off as a string") {
  const ScratchFolder folder;
  const std::string file = (folder / "c.toml").string();
  write_text_file(file, "ema = 0.999\nclip-norm = 1\n");
  const Call call({"--data", "d", "--config", file});
  CHECK(call.options.config.optimizer.ema_decay() == 0.999);
  CHECK(call.options.config.optimizer.largest_norm() == 1);
  CHECK(contains(call.command_line.config_toml(), "ema = 0.999\n"));
  write_text_file(file, "ema = 'off'\n");
  CHECK_FALSE(Call({"--data", "d", "--config", file}).options.config.optimizer.ema_decay());
}

TEST_CASE("--print-config needs no data") {
  const Call call({"--print-config", "--epochs", "3"});
  CHECK(call.options.print_config);
  CHECK(contains(call.command_line.config_toml(), "epochs = 3\n"));
  CHECK(contains(call.command_line.config_toml(), "lr = 0.0001\n"));
  CHECK(contains(call.command_line.config_toml(), "shuffle = true\n"));
  CHECK_FALSE(contains(call.command_line.config_toml(), "run"));
}

}  // namespace fpanet
