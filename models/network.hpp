#pragma once
// The networks that the programs know, and what they know of each: how it prepares an image, its
// logits, and the options that it was made with. Options are text, under the names that flags,
// config.toml and checkpoints give them, so that a checkpoint says what it is a checkpoint of.
//
// A new network is one file, which defines a class and NetworkKind NAME_network(), and one row in
// models/networks.cpp.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/weights/state_dict.hpp"
#include "layers/activation.hpp"
#include "layers/scope.hpp"
#include "models/preparation.hpp"

namespace fpanet {

/// Which network, and everything that its parameters depend on.
struct NetworkConfig {
  std::string name = "fpanet";
  Index bands = 3;    ///< of the images
  Index classes = 7;  ///< of the mask
  std::map<std::string, std::string> options = {};

  /// The value of an option that complete() has filled in.
  const std::string& at(const std::string& option) const;
  bool operator==(const NetworkConfig&) const = default;
};

class Network {
 public:
  virtual ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const NetworkConfig& config() const { return config_; }
  /// Both sides of an image must be multiples of this.
  Index output_stride() const { return traits_.output_stride; }
  /// Both sides of an image must be at least this.
  Index smallest_side() const;
  /// What stands between the image and the encoder.
  const Preparation& preparation() const { return traits_.preparation; }
  /// What turns logits into probabilities.
  Activation activation() const { return traits_.activation; }
  /// What the state-dict names of a ResNetEncoder begin with.
  const std::string& encoder_prefix() const { return traits_.encoder_prefix; }
  /// What the state-dict names begin with whose shapes depend on the number of classes of the mask.
  const std::string& head_prefix() const { return traits_.head_prefix; }
  /// Beginnings of state-dict names that weight files may lack: logits() does not depend on them.
  const std::vector<std::string>& optional_entries() const { return traits_.optional_entries; }
  /// Beginnings of state-dict names whose parameters never receive a gradient.
  const std::vector<std::string>& untrained_entries() const { return traits_.untrained_entries; }
  /// Whether training needs Forward::dropout_rng.
  virtual bool has_dropout() const { return false; }

  /// image (N,bands,H,W) in [0,1] -> what logits() reads.
  Value prepare(Value image) const;
  /// The same for a batch that is assembled from scenes in the device's memory.
  AssembledBatch prepare(const SceneBatch& batch, DType dtype, DType encoder_dtype) const;
  /// (N,classes,H,W), in the dtype that the network computes in.
  virtual Value logits(const Forward& forward, Value prepared) const = 0;

 protected:
  struct Traits {
    Index output_stride = 32;
    Preparation preparation = {};
    Activation activation = Activation::softmax2d;
    std::string encoder_prefix = {};
    std::string head_prefix = {};
    std::vector<std::string> optional_entries = {};
    std::vector<std::string> untrained_entries = {};
  };
  Network(NetworkConfig config, Traits traits)
      : config_(std::move(config)), traits_(std::move(traits)) {}

  /// Throws Error unless `shape` is (N,channels,H,W) with sides that the network takes.
  void check_input_shape(const Shape& shape, Index channels) const;

 private:
  NetworkConfig config_;
  Traits traits_;
};

/// Something that a network can be told.
struct NetworkOption {
  std::string name;         ///< "encoder-depth": the flag --encoder-depth
  std::string placeholder;  ///< stands for the value in --help
  std::string accepted;     ///< "3, 4 or 5"
  std::string help;
  bool is_integer = false;
  /// Whether a flag sets it. Otherwise only weight files tell it.
  bool has_flag = true;
  /// Whether the names and shapes of a weight file tell it.
  bool told_by_names = true;
  /// The value if nothing is told. The options before it are already filled in.
  std::function<std::string(const NetworkConfig&)> standard;
  std::function<bool(const std::string& value)> fits;
  /// Why a value that fits alone does not go with the options before it; empty if it does.
  std::function<std::string(const std::string& value, const NetworkConfig&)> conflict = {};
  /// Why the option has no meaning in this network; empty if it has one. None: it always has.
  std::function<std::string(const NetworkConfig&)> why_not = {};
};

/// What the names and shapes of a weight file, and the options that the user told, say about its
/// network.
struct Recognition {
  NetworkConfig config;             ///< only the options that names and shapes tell
  std::vector<std::string> untold;  ///< options that must be told before the network is known
};

struct NetworkKind {
  std::string name;   ///< "unet"
  std::string title;  ///< "U-Net", for people
  std::vector<NetworkOption> options;
  std::function<std::unique_ptr<Network>(ParameterStore&, const NetworkConfig&)> make;
  /// For files without metadata: nothing if `weights` (under the notebook's names, see
  /// models/model_file.hpp) cannot belong to this network. None: such files are never recognised.
  std::function<std::optional<Recognition>(const StateDict& weights, const std::string& source,
                                           const std::map<std::string, std::string>& told)>
      recognise = {};

  const NetworkOption* find(const std::string& option) const;
};

const std::vector<NetworkKind>& network_kinds();
std::vector<std::string> network_names();
/// Throws Error, which lists the known names, for any other.
const NetworkKind& network_kind(const std::string& name);

/// An option that the network does not take, or not with this value.
class NetworkOptionError : public Error {
 public:
  NetworkOptionError(std::string option, std::string value, std::string reason);
  const std::string& option() const { return option_; }
  const std::string& value() const { return value_; }
  const std::string& reason() const { return reason_; }

 private:
  std::string option_, value_, reason_;
};

/// The same with every option that the network takes, filled in. Throws NetworkOptionError, or Error
/// for an unknown network.
NetworkConfig complete(NetworkConfig config);

/// Registers the network's entries. `config` need not be complete.
std::unique_ptr<Network> make_network(ParameterStore& store, const NetworkConfig& config);

/// What images must be like, known without parameters.
struct ImageNeeds {
  Index stride = 32;        ///< both sides must be multiples of it
  Index smallest_side = 1;  ///< and at least this
};
ImageNeeds image_needs(const NetworkConfig& config);

}  // namespace fpanet
